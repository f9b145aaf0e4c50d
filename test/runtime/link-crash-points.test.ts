import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { startLinkWorld, type LinkWorld } from '../support/link-world.ts';
import type { Sent } from '../support/recording-channel.ts';
import { createMovableClock, openTemporaryStore } from '../support/world.ts';

/** What somebody writes in a chat, and what shows that it was understood. */
interface Step {
  readonly chat: 'known' | 'new';
  readonly text: string | ((known: readonly string[]) => string);
  readonly answer: RegExp;
  /** What the known chat hears besides. */
  readonly told?: RegExp;
}

const code = (lines: readonly string[]) => lines.flatMap((line) => /\d{4} \d{4}/.exec(line) ?? []).at(-1) ?? '';
const reference = (lines: readonly string[]) => /W-\d{7}/.exec(lines.join(' '))?.[0] ?? '';

const requests: readonly Step[] = [
  { chat: 'known', text: 'suggestion', answer: /hear your idea/ },
  { chat: 'known', text: 'a cooler near the school', answer: /We have your suggestion/ },
  { chat: 'new', text: 'suggestion', answer: /hear your idea/ },
  { chat: 'new', text: 'a tanker for the mosque', answer: /We have your suggestion/ },
];
const linking: readonly Step[] = [
  { chat: 'new', text: 'link', answer: /all your requests in each/ },
  { chat: 'new', text: 'Send me a code', answer: /type the reference number/ },
  { chat: 'new', text: reference, answer: /If we have a request/, told: /It was asked for/ },
  { chat: 'new', text: code, answer: /Do you agree to link/ },
  { chat: 'new', text: 'Yes, link them', answer: /They are linked/ },
];
const unlinking: readonly Step[] = [
  { chat: 'known', text: 'unlink', answer: /Which chat/ },
  { chat: 'known', text: 'WhatsApp', answer: /We will unlink/ },
  { chat: 'known', text: 'Yes, unlink', answer: /They are unlinked/ },
];

describe('when the process is killed after any one durable write of a link', () => {
  let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
  beforeEach(async () => {
    opened = await openTemporaryStore();
  });
  afterEach(async () => {
    await opened.store.close();
    await opened.remove();
  });

  it.each([
    ['linking', requests, linking, 40],
    ['unlinking', [...requests, ...linking], unlinking, 15],
  ] as const)(
    'both chats, their requests and the audit end as if it had not been: %s',
    async (name, before, steps, fewestWrites) => {
      const whole = createCrashingStore(opened.store, Infinity);
      const expected = await play(`${name}-whole`, before, steps, () => whole);
      expect(expected.repeats).toBe(0);
      const writes = whole.writesDone();
      expect(writes).toBeGreaterThan(fewestWrites);
      let deaths = 0;
      for (let write = 1; write <= writes; write += 1) {
        const crashing = createCrashingStore(opened.store, write);
        const { repeats, ...actual } = await play(`${name}-${write}`, before, steps, () => crashing);
        if (crashing.isDead()) deaths += 1;
        expect({ ...actual, repeats: 0 }, `killed after write ${write}`).toEqual(expected);
        expect(repeats, `sends repeated when killed after write ${write}`).toBeLessThanOrEqual(1);
      }
      expect(deaths).toBeGreaterThan(writes - 12);
    },
    400_000,
  );

  /** `before` is played undisturbed; then the first process may die, and a second one finishes. */
  async function play(
    name: string,
    before: readonly Step[],
    steps: readonly Step[],
    crash: () => ReturnType<typeof createCrashingStore>,
  ) {
    const clock = createMovableClock();
    const sent: Sent[] = [];
    const chats = { known: `telegram:${name}`, new: `whatsapp-web:${name}` };
    const start = (store: Store) => startLinkWorld({ store, sent, clock });
    const done = new Set<Step>();
    const undisturbed = await start(opened.store);
    await doAll(undisturbed, chats, before, done);
    if (before !== requests) await quiet(undisturbed, chats);
    await undisturbed.runtime.close();
    const { store, died } = crash();
    let world: LinkWorld | null = null;
    const through = start(store).then(async (first) => {
      world = first;
      await doAll(first, chats, steps, done);
      await quiet(first, chats);
    });
    const isDead = await Promise.race([through.then(() => false), died.then(() => true)]);
    if (isDead || !world) {
      // Longer than any claim.
      clock.advance(200_000);
      world = await start(opened.store);
      await doAll(world, chats, steps, done);
      await quiet(world, chats);
    }
    const result = await outcome(world, chats, sent);
    await world.runtime.close();
    return result;
  }

  type Chats = Readonly<Record<Step['chat'], string>>;

  async function doAll(world: LinkWorld, chats: Chats, steps: readonly Step[], done: Set<Step>): Promise<void> {
    for (const [index, step] of steps.entries()) {
      if (done.has(step)) continue;
      const text = typeof step.text === 'string' ? step.text : step.text(await world.said(chats.known));
      await world.write(chats[step.chat], text, `${steps.length}-${index}-${step.chat}`);
      await world.hears(chats[step.chat], step.answer);
      if (step.told) await world.hears(chats.known, step.told);
      await world.idle(chats.known, chats.new);
      done.add(step);
    }
  }

  /** Until all that the last step set off has come to its end: what is announced last is told and written down. */
  async function quiet(world: LinkWorld, chats: Chats): Promise<void> {
    const audited = async () => {
      const linked = new Set<string>([world.idOf(chats.known), world.idOf(chats.new)]);
      const entries = (await world.repositories.audit.list({ limit: 1_000 })).filter(({ conversationId }) =>
        linked.has(conversationId ?? ''),
      );
      return entries.map(({ action }) => action);
    };
    const isUnlinked = (await world.said(chats.known)).some((text) => text.includes('They are unlinked'));
    await expect.poll(audited).toContain(isUnlinked ? 'channel-unlinked' : 'channel-linked');
    await world.hears(chats.known, /A chat on WhatsApp was linked/);
    if (isUnlinked) await world.hears(chats.new, /no longer linked/);
    await world.idle(chats.known, chats.new);
  }

  async function outcome(world: LinkWorld, chats: Chats, sent: readonly Sent[]) {
    const both = [chats.known, chats.new];
    const [known, joined] = [await world.conversation(chats.known), await world.conversation(chats.new)];
    const own = sent.filter(({ chat }) => both.some((name) => name.endsWith(`:${chat}`)));
    const ids = new Set(own.map(({ messageId }) => messageId));
    const linked = new Set<string>(both.map((chat) => world.idOf(chat)));
    const audit = (await world.repositories.audit.list({ limit: 1_000 })).filter((entry) =>
      linked.has(entry.conversationId ?? ''),
    );
    const mask = (text: string) => text.replace(/W-\d{7}/g, 'W-').replace(/\d{4} \d{4}/g, 'CODE');
    const casesOf = async (id: typeof known.personId) => (await world.repositories.cases.ofPerson(id, 10)).length;
    return {
      isOnePerson: known.personId === joined.personId,
      isSettled: known.linking === undefined && joined.linking === undefined,
      cases: [await casesOf(known.personId), await casesOf(joined.personId)],
      audit: audit.map(({ action }) => action).sort(),
      said: { known: (await world.said(chats.known)).map(mask).sort(), new: (await world.said(chats.new)).map(mask) },
      repeats: own.length - ids.size,
    };
  }
});
