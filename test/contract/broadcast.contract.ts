import { afterEach, describe, expect, it } from 'vitest';
import type { Broadcast } from '../../src/ports/queue.ts';
import { pollUntil } from '../support/poll-until.ts';

type News = Parameters<Broadcast['publish']>[1];

/** What every Broadcast does. `open` gives two ends of the same one: what is published at either reaches the readers of both. */
export function broadcastContract(name: string, open: () => readonly [Broadcast, Broadcast]): void {
  describe(`the news of ${name}`, () => {
    const opened: Broadcast[] = [];
    const openBoth = () => {
      const both = open();
      opened.push(...both);
      return both;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((broadcast) => broadcast.close()));
    });
    const hears = async (publisher: Broadcast, topic: string, heard: readonly News[]) => {
      const before = heard.length;
      await pollUntil('the subscription stands', async () => {
        await publisher.publish(topic, { probe: 1 });
        return heard.length > before;
      });
    };

    it('reaches every reader of its topic, at both ends, and no other', async () => {
      const [here, there] = openBoth();
      const heard = { here: [] as News[], there: [] as News[], other: [] as News[] };
      here.subscribe('conversations', (news) => heard.here.push(news));
      there.subscribe('conversations', (news) => heard.there.push(news));
      there.subscribe('cases', (news) => heard.other.push(news));
      await hears(there, 'conversations', heard.here);
      await hears(here, 'conversations', heard.there);
      await hears(here, 'cases', heard.other);
      await here.publish('conversations', { conversationId: 'c1', unread: 2 });
      const last = { conversationId: 'c1', unread: 2 };
      await pollUntil('both heard it', () =>
        [heard.here, heard.there].every((news) => news.at(-1)?.['conversationId'] === 'c1'),
      );
      expect([heard.here.at(-1), heard.there.at(-1)]).toEqual([last, last]);
      expect(heard.other.filter((news) => news['probe'] === undefined)).toEqual([]);
    });

    it('stops when the subscription ends, and for that one only', async () => {
      const [here] = openBoth();
      const ended: News[] = [];
      const going: News[] = [];
      const end = here.subscribe('topic', (news) => ended.push(news));
      here.subscribe('topic', (news) => going.push(news));
      await hears(here, 'topic', going);
      end();
      end();
      const before = ended.length;
      await hears(here, 'topic', going);
      expect(ended).toHaveLength(before);
    });

    it('keeps on when a reader throws', async () => {
      const [here] = openBoth();
      const heard: News[] = [];
      here.subscribe('topic', () => {
        throw new Error('a broken screen');
      });
      here.subscribe('topic', (news) => heard.push(news));
      await hears(here, 'topic', heard);
      await hears(here, 'topic', heard);
    });
  });
}
