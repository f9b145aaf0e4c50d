import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FaqMatcher } from '../../src/faq/types.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { testProgram } from '../support/program.ts';
import { pollUntil } from '../support/poll-until.ts';
import { createRecordingChannel } from '../support/recording-channel.ts';
import { addressOf, createWorld, messageFrom, openTemporaryStore } from '../support/world.ts';

const gatherMs = 640;
const phrasing = 'when do you deliver';
const matcher: FaqMatcher = {
  match: (text) =>
    text.includes(phrasing) ? { band: 'answer', entryId: 'when', phrasing, score: 0.9 } : { band: 'none' },
};
const program = testProgram(
  [
    {
      spec: 1,
      id: 'questions',
      version: 1,
      title: { en: 'Questions' },
      start: 'ask',
      nodes: [
        {
          id: 'ask',
          type: 'faq',
          text: { en: 'Please ask.' },
          gatherMs,
          exits: { answered: 'end', unanswered: 'end' },
        },
        { id: 'end', type: 'end' },
      ],
    },
  ],
  {
    entryFlowId: 'questions',
    faq: {
      matcher,
      entries: [
        {
          id: 'when',
          topic: 'services',
          question: { en: 'When do you deliver?' },
          answer: { en: 'On the day we agree.' },
          phrasings: { en: [phrasing] },
        },
      ],
    },
  },
);

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let runtime: Runtime | undefined;

beforeEach(async () => {
  opened = await openTemporaryStore();
});
afterEach(async () => {
  await runtime?.close();
  await opened.store.close();
  await opened.remove();
});

async function atTheQuestion() {
  const sentAt: number[] = [];
  const channel = createRecordingChannel({ before: async () => void sentAt.push(performance.now()) });
  const world = await createWorld({ store: opened.store, adapters: [channel], program });
  runtime = world.runtime;
  await runtime.startWorker();
  const { intake } = runtime;
  await intake.accept([messageFrom('7', 'm0', 'hello')]);
  await pollUntil('the question is open', () => channel.sent.length === 1);
  const say = (...texts: string[]) =>
    intake.accept(texts.map((text, index) => messageFrom('7', `${text}${index}`, text)));
  return { ...world, channel, sentAt, say };
}

it('answers a question of one message when nothing has followed it for as long as the node says', async () => {
  const { channel, sentAt, say } = await atTheQuestion();
  const asked = performance.now();
  await say('when do you deliver?');
  await pollUntil('an answer', () => channel.sent.length === 2);
  const afterMs = (sentAt[1] ?? 0) - asked;
  expect(afterMs).toBeGreaterThanOrEqual(gatherMs);
  // The bell is late by a sixteenth of the delay; the rest is for a busy machine.
  expect(afterMs).toBeLessThan(gatherMs * (1 + 1 / 16) + 250);
});

it('answers a question split over three messages once, as one question', async () => {
  const { channel, repositories, say } = await atTheQuestion();
  await say('good evening');
  await new Promise((resolve) => setTimeout(resolve, gatherMs / 3));
  await say('when do');
  await new Promise((resolve) => setTimeout(resolve, gatherMs / 3));
  await say('you deliver');
  await pollUntil('an answer', () => channel.sent.length === 2);
  // Longer than any timer that a part may have left behind.
  await new Promise((resolve) => setTimeout(resolve, gatherMs * 1.5));
  expect(channel.sent.map(({ content }) => content.type === 'text' && content.text)).toEqual([
    'Please ask.',
    expect.stringContaining('On the day we agree.'),
  ]);
  const records = await repositories.learning.list('question', { limit: 10 });
  expect(records.map(({ body }) => body)).toEqual([
    { text: 'good evening when do you deliver', outcome: 'answered', entryId: 'when' },
  ]);
  expect(await repositories.events.waiting(repositories.ids.conversation(addressOf('7')), 5)).toEqual([]);
});
