import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toLineOrder, type TranscriptLine } from '../../../src/domain/conversation.ts';
import { toId } from '../../../src/domain/ids.ts';
import type { MessageRepository } from '../../../src/ports/message-repositories.ts';
import { readAfter, readNewest } from '../../../src/http/web-chat/read-feed.ts';

const conversationId = toId<'conversation'>('c1');

function lineAt(number: number, direction: 'out' | 'note' = 'out'): TranscriptLine {
  const at = { at: number, order: toLineOrder(number, 0), author: { is: 'bot' } } as const;
  return { id: `line-${number}`, conversationId, direction, ...at, content: { type: 'text', text: String(number) } };
}

/** A transcript of the numbers 1 to `length`, as the store pages it, that counts what is read of it. */
function transcriptOf(length: number, notes: ReadonlySet<number> = new Set()) {
  const lines = Array.from({ length }, (_, at) => lineAt(at + 1, notes.has(at + 1) ? 'note' : 'out')).reverse();
  const read = { lines: 0 };
  const messages: Pick<MessageRepository, 'page'> = {
    async page(_id, { limit, before }) {
      const page = lines.filter((line) => before === undefined || line.order < before).slice(0, limit);
      read.lines += page.length;
      return page;
    },
  };
  return { messages, read };
}

describe('reading a transcript for a page', () => {
  it('gives exactly the lines after the cursor that may be seen, oldest first, or a new beginning', async () => {
    const any = fc.record({
      length: fc.nat({ max: 260 }),
      seen: fc.nat({ max: 260 }),
      expected: fc.nat({ max: 6 }),
      notes: fc.array(fc.integer({ min: 1, max: 260 })),
    });
    await fc.assert(
      fc.asyncProperty(any, async ({ length, seen, expected, notes }) => {
        const noted = new Set(notes);
        const { messages } = transcriptOf(length, noted);
        const part = await readAfter(messages, conversationId, toLineOrder(seen, 0), expected);
        const missed = Array.from({ length: Math.max(0, length - seen) }, (_, at) => seen + at + 1);
        const due = part.isReset ? missed.slice(-50) : missed;
        expect(part.lines.map((line) => line.at)).toEqual(due.filter((number) => !noted.has(number)));
        expect(part.isReset).toBe(missed.length > expected + 200);
        expect(part.cursor).toBe(toLineOrder(Math.max(length, seen), 0));
      }),
    );
  });

  it('reads one line when there is nothing new, however long the history', async () => {
    const { messages, read } = transcriptOf(10_000);
    await readAfter(messages, conversationId, toLineOrder(10_000, 0), 0);
    expect(read.lines).toBe(1);
  });

  it('reads the newest fifty at a first visit, however long the history', async () => {
    const { messages, read } = transcriptOf(10_000);
    const part = await readNewest(messages, conversationId);
    expect([read.lines, part.lines.length, part.lines.at(-1)?.at]).toEqual([50, 50, 10_000]);
  });
});
