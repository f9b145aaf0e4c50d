import type { Conversation, RuntimeEffect } from '../domain/conversation.ts';
import type { Effect, Json } from '../domain/effect.ts';
import { VersionConflict } from '../domain/errors.ts';
import type { ConversationEvent } from '../domain/event.ts';
import { toId, type ConversationId, type EffectId, type PersonId } from '../domain/ids.ts';
import { mostLinked, normaliseLinkCode, type LinkAct, type LinkRefusal } from '../domain/link.ts';
import { normaliseReference } from '../domain/reference.ts';
import type { Clock } from '../ports/clock.ts';
import type { LinkCode, LinkLimit } from '../ports/person-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Door } from './intake.ts';

/** How long a code is good, and how long whoever typed it may think about linking. */
const linkCodeMs = 10 * 60_000;
const considerMs = 30 * 60_000;

const hour = 60 * 60_000;
const day = 24 * hour;
/**
 * Of one conversation, and of all together: website chats cost nothing to open, so the first alone would not keep codes from being
 * guessed, nor people from being sent codes by whoever counts through the references.
 */
const limits = {
  tries: { most: 5, withinMs: hour },
  allTries: { most: 300, withinMs: hour },
  asks: { most: 5, withinMs: hour },
  allAsks: { most: 300, withinMs: hour },
  /** Counted apart: a stranger who asks for codes must not keep the person from getting their own. */
  ownCodes: { most: 3, withinMs: day },
  sentCodes: { most: 3, withinMs: day },
} as const;

export type LinkEffect =
  Extract<Effect, { type: 'link' }> | Extract<RuntimeEffect, { type: 'settle-link' | 'announce-link' }>;

/** What linking needs of the world. Every part may be done again: it is counted, used and told under the effect's id. */
export function createLinking(dependencies: { repositories: Repositories; door: Door; clock: Clock }) {
  const { repositories, door, clock } = dependencies;
  const { conversations, people, links, cases } = repositories;

  async function act(conversation: Conversation, id: EffectId, what: LinkAct): Promise<Json> {
    switch (what.do) {
      case 'list': {
        const channels = (await othersOf(conversation)).map(({ id: conversationId, address }) => ({
          ...{ conversationId, channel: address.channel },
        }));
        return { is: channels.length > 0 ? 'linked' : 'alone', channels };
      }
      case 'give-code': {
        if ((await people.conversations(conversation.personId)).length >= mostLinked) return { is: 'full' };
        if (!(await count('ownCodes', conversation.id, id))) return { is: 'too-many' };
        const code = await links.makeCode({
          ...{ effectId: id, conversationId: conversation.id, expiresAt: clock.now() + linkCodeMs },
        });
        return { is: 'given', code };
      }
      case 'ask-code':
        return { is: await askCode(conversation, id, what.reference) };
      case 'check-code':
        return checkCode(conversation, id, what.code);
      case 'leave':
        return { is: await leave(conversation, id, what.target) };
      case 'join':
        throw new Error('a join is answered by its own event');
      default:
        return what satisfies never;
    }
  }

  /** Answered alike whether there is such a case or not: who has none must not learn which references there are. */
  async function askCode(asking: Conversation, id: EffectId, typed: string): Promise<'asked' | 'own' | 'too-many'> {
    if (!(await count('asks', asking.id, id)) || !(await count('allAsks', '', id))) return 'too-many';
    const reference = normaliseReference(typed);
    const found = reference === null ? null : await cases.findByReference(reference);
    if (found?.personId === asking.personId) return 'own';
    const known = found && (await alive(found.conversationId));
    if (!known || !(await count('sentCodes', known.id, id))) return 'asked';
    const code = await links.makeCode({
      ...{ effectId: id, conversationId: known.id, onlyFor: asking.id, expiresAt: clock.now() + linkCodeMs },
    });
    const { channel } = asking.address;
    await door.post(known.address, { type: 'link-code-asked', code, channel }, ['link code', id]);
    return 'asked';
  }

  async function checkCode(asking: Conversation, id: EffectId, typed: string): Promise<Json> {
    const digits = normaliseLinkCode(typed);
    if (digits === null) return { is: 'wrong' };
    // Counted before it is looked at, so that no crash gives a try away.
    if (!(await count('tries', asking.id, id)) || !(await count('allTries', '', id))) return { is: 'too-many' };
    for (;;) {
      const code = await links.findCode(digits);
      const known = code && (await alive(code.conversationId));
      const why = code ? (unusable(code, asking, id) ?? (await unfit(asking, known))) : 'wrong';
      if (!code || !known || why) {
        if (why !== 'wrong' && why !== 'expired' && why !== 'used') await uncount(asking, id);
        return { is: why };
      }
      try {
        if (!code.used) await links.useCode(code, { by: id, in: asking.id, at: clock.now() });
        await uncount(asking, id);
        return { is: 'found', grant: code.id, channel: known.address.channel };
      } catch (error) {
        // Somebody else typed it in this moment.
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }

  function unusable(code: LinkCode, asking: Conversation, id: EffectId): LinkRefusal | null {
    if (code.conversationId === asking.id) return 'own';
    if (code.onlyFor !== undefined && code.onlyFor !== asking.id) return 'wrong';
    if (code.used) return code.used.by === id ? null : 'used';
    return code.expiresAt <= clock.now() ? 'expired' : null;
  }

  /** Why the two may not be linked as they are now. */
  async function unfit(asking: Conversation, known: Conversation | null): Promise<LinkRefusal | null> {
    if (!known) return 'gone';
    if (known.personId === asking.personId) return 'linked-already';
    if ((await people.conversations(asking.personId)).length > 1) return 'linked-elsewhere';
    return (await people.conversations(known.personId)).length >= mostLinked ? 'full' : null;
  }

  async function join(asking: Conversation, key: string, grant: string): Promise<ConversationEvent> {
    const answer = (is: LinkRefusal | 'linked'): ConversationEvent => ({
      ...{ type: 'effect-completed', key, result: { is } },
    });
    const code = await links.getCode(grant);
    if (code?.used?.in !== asking.id || code.used.at + considerMs <= clock.now()) return answer('expired');
    const known = await alive(code.conversationId);
    const why = await unfit(asking, known);
    if (why === 'linked-already') return answer('linked');
    if (!known || why) return answer(why ?? 'gone');
    return { type: 'link-agreed', key, from: asking.personId, to: known.personId, knownId: known.id };
  }

  /**
   * Whether a link holds, asked after its commit. An erasure that began before has the new conversation among its own; one that begins
   * later finds it; one in between is found here, by its note or by what it leaves. Two that would cross are both undone.
   */
  async function settle(effect: Extract<LinkEffect, { type: 'settle-link' }>): Promise<'linked' | LinkRefusal> {
    if (await people.isErasing(effect.to)) return 'gone';
    const known = await alive(effect.knownId);
    if (known?.personId !== effect.to) return 'gone';
    if ((await people.conversations(effect.from)).length > 0) return 'linked-elsewhere';
    return (await people.conversations(effect.to)).length > mostLinked ? 'full' : 'linked';
  }

  async function leave(asking: Conversation, id: EffectId, target: string): Promise<'unlinked' | 'not-linked'> {
    const leaving = target === 'this' ? asking : await alive(toId<'conversation'>(target));
    if (!leaving) return 'not-linked';
    const cause = ['unlink', id];
    const event = { type: 'unlink-agreed', from: asking.personId, askedIn: asking.id } as const;
    if (await repositories.events.exists(door.prepare(leaving.address, event, cause).id)) return 'unlinked';
    if (leaving.personId !== asking.personId || (await othersOf(asking)).length === 0) return 'not-linked';
    await door.post(leaving.address, event, cause);
    return 'unlinked';
  }

  async function announce(
    { id: changedId, address }: Conversation,
    id: EffectId,
    { is, personId, by }: Extract<LinkEffect, { type: 'announce-link' }>,
  ): Promise<null> {
    const at = clock.now();
    const others = (await membersOf(personId)).filter((other) => other.id !== changedId);
    if ('conversationId' in by) {
      const subjectIds = others.map((other) => other.id);
      const entry = { at, action: `channel-${is}`, conversationId: changedId, subjectIds };
      await repositories.audit.record(entry, `link-${id}`);
    }
    const asked = 'conversationId' in by ? by.conversationId : null;
    for (const other of others) {
      if (other.id === asked) continue;
      await door.post(other.address, { type: `channel-${is}`, channel: address.channel, at }, ['announced link', id]);
    }
    return null;
  }

  function count(name: keyof typeof limits, of: ConversationId | '', id: EffectId): Promise<boolean> {
    return links.count(toLimit(name, of), id, clock.now());
  }

  async function uncount(asking: Conversation, id: EffectId): Promise<void> {
    await links.uncount(toLimit('tries', asking.id), id);
    await links.uncount(toLimit('allTries', ''), id);
  }

  /** A conversation that others may be linked with: there, not about to be erased, and sure whose it is. */
  async function alive(id: ConversationId): Promise<Conversation | null> {
    const found = await conversations.get(id);
    return !found || 'erased' in found || found.erasing || found.linking ? null : found;
  }

  async function membersOf(personId: PersonId): Promise<Conversation[]> {
    const found = await Promise.all((await people.conversations(personId)).map((id) => conversations.get(id)));
    return found.filter((one): one is Conversation => one !== null && !('erased' in one));
  }

  async function othersOf({ id, personId }: Conversation): Promise<Conversation[]> {
    return (await membersOf(personId)).filter((other) => other.id !== id);
  }

  return {
    /** Does what the effect says; the event is what its conversation is answered with, null when it waits for none. */
    async carryOut(conversation: Conversation, id: EffectId, effect: LinkEffect): Promise<ConversationEvent | null> {
      switch (effect.type) {
        case 'settle-link':
          return { type: 'link-settled', key: effect.key, is: await settle(effect) };
        case 'announce-link':
          return announce(conversation, id, effect);
        case 'link':
          if (effect.act.do === 'join') return join(conversation, effect.key, effect.act.grant);
          return { type: 'effect-completed', key: effect.key, result: await act(conversation, id, effect.act) };
        default:
          return effect satisfies never;
      }
    },
  };
}

export type Linking = ReturnType<typeof createLinking>;

function toLimit(name: keyof typeof limits, of: string): LinkLimit {
  return { name: `${name}/${of}`, ...limits[name] };
}
