import type { Conversation, OutboxEntry } from '../domain/conversation.ts';
import type { ConversationEvent } from '../domain/event.ts';
import type { EffectId } from '../domain/ids.ts';
import type { Effect, Json } from '../domain/effect.ts';
import type { Case } from '../domain/case.ts';
import { normaliseReference } from '../domain/reference.ts';
import type { Log } from '../ports/log.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Door } from './intake.ts';
import type { LinkEffect, Linking } from './linking.ts';

/** Effects that are carried out after the commit; the result of most comes back as an event, outside the message lane. */
type SlowEffect = Extract<Effect, { type: 'call' | 'find-case' }> | LinkEffect;

/** The cases a person is shown at once. */
const shownCases = 5;
/** Slow effects that run at once in this process, and those that may wait for a place; the sweep begins what found none. */
const atOnce = 32;
const mostWaiting = 1_000;

export interface SlowEffects {
  /** Slow, and not known to be done. */
  isPending(entry: OutboxEntry): boolean;
  /** Begins it soon, unless it runs or its result is there already; the result enters by the mailbox. */
  start(conversation: Conversation, entry: OutboxEntry): void;
  /** Breaks off those that run: whoever loads their conversations next begins them anew. */
  close(): Promise<void>;
}

/** Makes a HTTP call of a flow: bounded in time and size, never to an inner address. @throws when it was broken off */
export type FlowCall = (
  call: Extract<Effect, { type: 'call' }>,
  idempotencyKey: string,
  signal: AbortSignal,
) => Promise<Json>;

/** Runs slow effects beside the mailbox. One that dies with its worker is started again by whoever loads the conversation next. */
export function createSlowEffects(dependencies: {
  repositories: Repositories;
  door: Door;
  linking: Linking;
  call: FlowCall;
  log: Log;
}): SlowEffects {
  const { repositories, door, linking, call, log } = dependencies;
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, () => Promise<void>>();
  const done = new Set<string>();
  const closing = new AbortController();

  function startNext(): void {
    for (const [id, work] of waiting) {
      if (running.size >= atOnce || closing.signal.aborted) return;
      waiting.delete(id);
      const ended = work()
        .catch((error: unknown) => log.warn({ effectId: id, error }, 'a slow effect failed; the sweep starts it again'))
        .finally(() => {
          running.delete(id);
          startNext();
        });
      running.set(id, ended);
    }
  }

  async function run(conversation: Conversation, id: EffectId, effect: SlowEffect): Promise<void> {
    const cause = ['result', id];
    // Its id depends on nothing but the cause.
    const known = door.prepare(conversation.address, { type: 'effect-completed', key: '', result: null }, cause);
    if (!(await repositories.events.exists(known.id))) {
      const event = await carryOut(conversation, id, effect);
      if (event) await door.post(conversation.address, event, cause);
    }
    done.add(id);
    if (done.size > 10_000) for (const oldest of [...done].slice(0, 5_000)) done.delete(oldest);
  }

  async function carryOut(
    conversation: Conversation,
    id: EffectId,
    effect: SlowEffect,
  ): Promise<ConversationEvent | null> {
    if (effect.type !== 'call' && effect.type !== 'find-case') return linking.carryOut(conversation, id, effect);
    const result =
      effect.type === 'call' ? await call(effect, id, closing.signal) : await findCases(conversation, effect);
    return { type: 'effect-completed', key: effect.key, result };
  }

  async function findCases(
    conversation: Conversation,
    { reference }: Extract<Effect, { type: 'find-case' }>,
  ): Promise<Json> {
    const own = await repositories.cases.ofPerson(conversation.personId, reference ? 100 : shownCases);
    // Somebody else's reference is answered like one that does not exist: a reference is no proof of who asks.
    const wanted = reference ? (normaliseReference(reference) ?? reference) : null;
    const found = wanted === null ? own : own.filter((one) => one.reference === wanted);
    return { found: found.length > 0, cases: found.map(toShownCase) };
  }

  return {
    isPending: ({ id, effect }) => isSlow(effect) && !done.has(id),
    start(conversation, { id, effect }) {
      if (!isSlow(effect)) return;
      if (done.has(id) || running.has(id) || waiting.size >= mostWaiting) return;
      waiting.set(id, () => run(conversation, id, effect));
      startNext();
    },
    async close() {
      closing.abort();
      waiting.clear();
      await Promise.all(running.values());
    },
  };
}

const slowTypes: ReadonlySet<string> = new Set<SlowEffect['type']>([
  ...(['call', 'find-case', 'link', 'settle-link', 'announce-link'] as const),
]);

function isSlow(effect: OutboxEntry['effect']): effect is SlowEffect {
  return slowTypes.has(effect.type);
}

function toShownCase(one: Case): Json {
  return {
    reference: one.reference,
    kind: one.kind,
    status: one.status,
    openedAt: one.openedAt,
    updatedAt: one.updatedAt,
  };
}
