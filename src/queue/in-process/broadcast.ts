import { EventEmitter } from 'node:events';
import type { Broadcast } from '../../ports/queue.ts';

/** News within one process. A reader that throws does not keep the news from the others. */
export function createInProcessBroadcast(): Broadcast {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    async publish(topic, news) {
      emitter.emit(topic, news);
    },
    subscribe(topic, reader) {
      const safely: typeof reader = (news) => {
        try {
          reader(news);
        } catch {
          // A screen's failure is the screen's: it refetches when it reconnects.
        }
      };
      emitter.on(topic, safely);
      return () => emitter.off(topic, safely);
    },
    async close() {
      emitter.removeAllListeners();
    },
  };
}
