import { describe, expect, it } from 'vitest';
import { toId } from '../../src/domain/ids.ts';
import { beginLink, decideUnlink, settleLink } from '../../src/runtime/decide-link.ts';
import type { Situation } from '../../src/runtime/decision.ts';
import { testProgram, testTranslate } from '../support/program.ts';
import { sampleConversation } from '../store/samples.ts';

const conversation = sampleConversation(toId('c'), 7, { personId: toId('p-own') });
const agreed = {
  type: 'link-agreed',
  key: 'k',
  from: toId<'person'>('p-own'),
  to: toId<'person'>('p-joint'),
  knownId: toId<'conversation'>('known'),
} as const;
const situation: Situation = {
  ...{ at: 0, program: testProgram(), translate: testTranslate, deliveries: new Map(), isLinked: true },
  context: { isOpen: true, opensAt: null, queueLength: 0, timeZone: 'Asia/Riyadh' },
  hooks: { released: 'menu', closed: 'survey', caseChanged: 'news' },
};
const passing = () => beginLink(conversation, agreed)?.conversation ?? conversation;

describe('a conversation that is linked', () => {
  it('passes to the other person, and knows where it came from until that is settled', () => {
    const begun = beginLink(conversation, agreed);
    expect(begun?.conversation).toEqual({
      ...conversation,
      ...{ personId: 'p-joint', linking: { key: 'k', from: 'p-own' } },
    });
    expect(begun?.effects).toEqual([{ ...agreed, type: 'settle-link' }]);
    const settled = settleLink(passing(), { type: 'link-settled', key: 'k', is: 'linked' });
    expect(settled?.conversation).toEqual({ ...conversation, personId: 'p-joint' });
    expect(settled?.effects.map(({ type }) => type)).toEqual(['move-cases', 'announce-link']);
  });

  it('goes back to whom it came from when the link does not hold, its cases with it, and nobody is told', () => {
    const settled = settleLink(passing(), { type: 'link-settled', key: 'k', is: 'full' });
    expect(settled?.conversation).toEqual(conversation);
    expect(settled?.effects).toEqual([{ type: 'move-cases' }]);
  });

  it('does not pass when it has changed since the person agreed', () => {
    expect(beginLink({ ...conversation, personId: toId('p-another') }, agreed)).toBeNull();
    expect(beginLink({ ...conversation, owner: 'officer' }, agreed)).toBeNull();
    expect(beginLink(passing(), { ...agreed, from: toId('p-joint') })).toBeNull();
    expect(settleLink(conversation, { type: 'link-settled', key: 'k', is: 'linked' })).toBeNull();
    expect(settleLink(passing(), { type: 'link-settled', key: 'older', is: 'linked' })).toBeNull();
  });

  it('is unlinked once, under a name nobody had, and not while it passes', () => {
    const asked = { type: 'unlink-agreed', from: toId<'person'>('p-own'), askedIn: toId<'conversation'>('x') } as const;
    const unlinked = decideUnlink(conversation, asked, situation);
    expect(unlinked.conversation.personId).toBe('p7-c');
    expect(unlinked.effects.map(({ type }) => type)).toEqual(['move-cases', 'announce-link', 'send']);
    const refusal = { is: 'refused', code: 'not-linked' };
    expect(decideUnlink(unlinked.conversation, asked, situation).outcome).toEqual(refusal);
    const byOfficer = { type: 'officer-unlinked', officerId: toId<'officer'>('huda') } as const;
    // Twice in one batch: what was read before it still says that there are others.
    expect(decideUnlink(unlinked.conversation, byOfficer, situation).outcome).toEqual(refusal);
    expect(decideUnlink(conversation, byOfficer, { ...situation, isLinked: false }).outcome).toEqual(refusal);
    expect(decideUnlink(passing(), byOfficer, situation).outcome).toEqual(refusal);
  });
});
