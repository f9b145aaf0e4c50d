import type { Broadcast } from '../../ports/queue.ts';
import { defaultPrefix, openRedis, within, type RedisSettings } from './connect.ts';

const publishLimitMs = 250;
/** A subscriber says nothing of its own, so a connection that died without a word is found by asking. */
const askMs = 15_000;

type Reader = Parameters<Broadcast['subscribe']>[1];
type News = Parameters<Reader>[0];

/**
 * News over Redis pub/sub. While Redis is away news is dropped (publishing never rejects and takes 250 ms at most); subscriptions
 * are there again as soon as Redis is.
 */
export function createRedisBroadcast(settings: RedisSettings): Broadcast {
  const { log, prefix = defaultPrefix } = settings;
  const { redis: asking, whenReady } = openRedis(settings, 'publish', 'asking');
  const { redis: listening } = openRedis(settings, 'subscribe', 'waiting');
  const readers = new Map<string, Set<Reader>>();
  const channelOf = (topic: string) => `${prefix}:news:${topic}`;

  listening.on('message', (channel: string, text: string) => {
    const news = readNews(text);
    if (!news) return log.warn({ channel }, 'news that is no JSON object was dropped');
    for (const reader of readers.get(channel) ?? []) {
      try {
        reader(news);
      } catch (error) {
        // A screen's failure is the screen's: it refetches when it reconnects.
        log.debug({ channel, error }, 'a reader of news failed');
      }
    }
  });
  const asked = setInterval(() => {
    if (listening.status === 'ready') listening.ping().catch(() => {});
  }, askMs);
  asked.unref();

  return {
    async publish(topic, news) {
      try {
        const published = whenReady(publishLimitMs).then(() => asking.publish(channelOf(topic), JSON.stringify(news)));
        await within(publishLimitMs, published);
      } catch (error) {
        log.debug({ topic, error }, 'news could not be published; readers refetch');
      }
    },
    subscribe(topic, reader) {
      const channel = channelOf(topic);
      // An own function for each subscription: the same reader may subscribe twice.
      const own: Reader = (news) => reader(news);
      const those = readers.get(channel) ?? new Set();
      readers.set(channel, those.add(own));
      if (those.size === 1) listening.subscribe(channel).catch(() => {});
      return () => {
        if (!those.delete(own) || those.size > 0) return;
        readers.delete(channel);
        listening.unsubscribe(channel).catch(() => {});
      };
    },
    async close() {
      clearInterval(asked);
      readers.clear();
      asking.disconnect();
      listening.disconnect();
    },
  };
}

function readNews(text: string): News | null {
  try {
    const news: unknown = JSON.parse(text);
    if (typeof news !== 'object' || news === null) return null;
    return Object.values(news).every((value) => typeof value === 'string' || typeof value === 'number')
      ? (news as News) // Checked just now.
      : null;
  } catch {
    return null;
  }
}
