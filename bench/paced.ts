import { createInProcessBudget } from '../src/queue/in-process/budget.ts';
import { systemClock as clock } from '../src/ports/clock.ts';
import { putInLane } from '../test/support/overload.ts';
import { createRecordingChannel } from '../test/support/recording-channel.ts';
import { createWorld } from '../test/support/world.ts';
import { countWrites, type Backend } from './end-to-end.ts';

/** Ten times what a second lets through, in as many conversations. */
const perSecond = 80;
const lanes = 10 * perSecond;

/** A backlog that a sending limit holds back: how much of the limit is used, and what waiting costs the store. */
export async function benchPaced({ store }: Backend) {
  const counted = countWrites(store);
  let sent = 0;
  let begin = 0;
  let tell = () => {};
  const done = new Promise<void>((resolve) => (tell = resolve));
  const channel = createRecordingChannel({
    after: async () => {
      if (sent === 0) begin = performance.now();
      sent += 1;
      if (sent === lanes) tell();
    },
  });
  const budget = () => [{ key: 'paced', capacity: 6, refillPerSecond: perSecond, reserve: 2 }];
  const { runtime, repositories } = await createWorld({
    ...{ store: counted.store, adapters: [{ ...channel, budget }], clock, budget: createInProcessBudget({ clock }) },
  });
  for (let lane = 0; lane < lanes; lane += 1)
    await putInLane(repositories, { channel: 'test', account: 'main', chat: `paced-${lane}` }, 1, [['bot', 'x']], 0);
  counted.reset();
  await runtime.startWorker();
  await done;
  const elapsed = (performance.now() - begin) / 1000;
  await runtime.close();
  return { ofLimit: lanes / elapsed / perSecond, writesPerMessage: counted.writes() / lanes };
}
