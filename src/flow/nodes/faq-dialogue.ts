import type { Choice } from '../../domain/message.ts';
import { normalise } from '../../faq/normalise.ts';
import { resolveChoice } from '../../faq/resolve-choice.ts';
import { runIntent } from '../global-intent.ts';
import { leave, stay, unexpected, type Input, type Move } from '../node-kind.ts';
import { engineChoice } from '../retry.ts';
import { cut, type Run } from '../run.ts';

/** What a question may be made of; more is answered at once. */
const MOST_PARTS = 6;
const LONGEST_QUESTION = 1000;

/** One of the quick messages that a question is made of. */
interface Part {
  readonly text: string;
  /** An edit of the message takes the part's place. */
  readonly messageId?: string;
}

/** How far the dialogue is; kept in the wait. */
type Phase =
  | { readonly phase: 'asked' }
  /** Texts held for a moment, in case the rest of the question follows. */
  | { readonly phase: 'gathering'; readonly parts: readonly Part[] }
  | { readonly phase: 'answered'; readonly text: string; readonly entryId: string }
  | { readonly phase: 'suggested'; readonly text: string; readonly entryIds: readonly string[] };

/** Holds a text until nothing has followed it for `gatherMs`; at 0 it is answered at once. */
export function gatherQuestion(run: Run, text: string, gatherMs: number): Move {
  const phase = phaseOf(run);
  const held = phase.phase === 'gathering' ? phase.parts : [];
  const part: Part = { text, ...(run.messageId === undefined ? {} : { messageId: run.messageId }) };
  const isEdit = held.some(({ messageId }) => messageId !== undefined && messageId === part.messageId);
  const parts = isEdit ? held.map((one) => (one.messageId === part.messageId ? part : one)) : [...held, part];
  const isFull = parts.length >= MOST_PARTS || lengthOf(parts) >= LONGEST_QUESTION;
  if (gatherMs === 0 || isFull) {
    if (held.length > 0) run.emit({ type: 'cancel-timer', name: timerName(run) });
    return answerParts(run, parts);
  }
  run.note({ phase: 'gathering', parts: parts.map((one) => ({ ...one })) });
  run.emit({ type: 'set-timer', name: timerName(run), afterMs: gatherMs });
  return stay;
}

export function receiveQuestion(run: Run, input: Input, gatherMs: number): Move {
  const phase = phaseOf(run);
  if (input.type === 'timer') return phase.phase === 'gathering' ? answerParts(run, phase.parts) : stay;
  switch (phase.phase) {
    case 'asked':
    case 'gathering':
      return input.type === 'text' ? gatherQuestion(run, input.text, gatherMs) : unexpected;
    case 'answered':
      return receiveVerdict(run, input, phase) ?? gatherText(run, input, gatherMs);
    case 'suggested':
      return receivePick(run, input, phase) ?? gatherText(run, input, gatherMs);
    default:
      return phase satisfies never;
  }
}

/** Keeps for officers what was held when the person sent something else instead of waiting for the answer. */
export function recordHeld(run: Run): void {
  const phase = phaseOf(run);
  if (phase.phase !== 'gathering') return;
  run.emit({ type: 'cancel-timer', name: timerName(run) });
  run.emit({ type: 'record-question', text: joined(phase.parts), outcome: 'unanswered' });
}

/** Whether the answer to what was held comes by itself in a moment, so that nothing needs to be asked again. */
export function isGathering(run: Run): boolean {
  return phaseOf(run).phase === 'gathering';
}

/**
 * Whether a text belongs to this dialogue although it is also a global intent: what the person made of the answer they just got, and the
 * courtesies («السلام عليكم», «عندي سؤال») that come before or after a question in messages of their own.
 */
export function isClaimed(run: Run, text: string): boolean {
  const { phase } = phaseOf(run);
  if (phase === 'answered') return shortAnswer(run, text) !== null;
  if (phase === 'suggested') return false;
  const intent = courtesyOf(run, text);
  return intent !== null && (phase === 'gathering' || intent !== 'thanks');
}

function gatherText(run: Run, input: Input, gatherMs: number): Move {
  return input.type === 'text' ? gatherQuestion(run, input.text, gatherMs) : unexpected;
}

function answerParts(run: Run, parts: readonly Part[]): Move {
  const asking = parts.filter(({ text }) => courtesyOf(run, text) === null);
  return asking.length === 0 ? answerCourtesy(run, parts) : answerQuestion(run, asking);
}

/** All parts are one question; where nothing answers that, the last part that is a question by itself is. */
function answerQuestion(run: Run, parts: readonly Part[]): Move {
  const whole = joined(parts);
  const readings = parts.length === 1 ? [whole] : [whole, ...parts.map(({ text }) => text).reverse()];
  for (const text of readings) {
    const match = run.program.faq?.matcher.match(text) ?? { band: 'none' as const };
    if (match.band === 'answer') return giveAnswer(run, text, match.entryId, 'answered');
    if (match.band === 'suggest') return suggest(run, text, match.entryIds);
  }
  return giveUp(run, whole);
}

/** A courtesy that no question followed is answered as one. */
function answerCourtesy(run: Run, parts: readonly Part[]): Move {
  const intents = parts.map(({ text }) => courtesyOf(run, text));
  const intent = (['greeting', 'thanks'] as const).find((one) => intents.includes(one));
  run.note({ phase: 'asked' });
  if (intent === undefined) run.say(run.engineText('faq-another'));
  else runIntent(run, intent);
  return stay;
}

const courtesies = ['greeting', 'question', 'thanks'] as const;

function courtesyOf(run: Run, text: string): (typeof courtesies)[number] | null {
  const intent = run.program.matchIntent(text);
  return courtesies.find((one) => one === intent) ?? null;
}

function joined(parts: readonly Part[]): string {
  return cut(parts.map(({ text }) => text).join(' '), LONGEST_QUESTION);
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + text.length + 1, 0);
}

function timerName(run: Run): string {
  return `settle:${run.wait.id}`;
}

function phaseOf(run: Run): Phase {
  return (run.wait.data as Phase | undefined) ?? { phase: 'asked' }; // Written by this file and `faq.ts` only.
}

/** Null: neither a verdict nor a button. */
function receiveVerdict(run: Run, input: Input, phase: Extract<Phase, { phase: 'answered' }>): Move | null {
  const verdict = engineChoice(run, input, verdicts) ?? (input.type === 'text' ? shortAnswer(run, input.text) : null);
  if (verdict === 'enough') return leave('answered');
  if (verdict === 'another') {
    run.note({ phase: 'asked' });
    run.say(run.engineText('faq-another'));
    return stay;
  }
  if (verdict === 'not-mine') {
    run.emit({ type: 'record-question', text: phase.text, outcome: 'rejected', entryId: phase.entryId });
    return leave('unanswered');
  }
  return null;
}

/** Null: none of the choices. */
function receivePick(run: Run, input: Input, phase: Extract<Phase, { phase: 'suggested' }>): Move | null {
  const labels = [
    ...phase.entryIds.map((id) => run.program.faq?.question(id, run.language) ?? ''),
    run.engineText('button-none'),
  ];
  const index =
    input.type === 'text'
      ? resolveChoice(input.text, labels)
      : input.type === 'choice'
        ? pickedIndex(input.key, labels.length)
        : null;
  if (index === null) return null;
  const entryId = phase.entryIds[index];
  if (entryId !== undefined) return giveAnswer(run, phase.text, entryId, 'picked');
  run.emit({ type: 'record-question', text: phase.text, outcome: 'rejected' });
  return leave('unanswered');
}

const verdicts = ['enough', 'another', 'not-mine'] as const;

// A long text after an answer is the next question, even when a button's word is in it.
function shortAnswer(run: Run, text: string): (typeof verdicts)[number] | null {
  if (normalise(text).split(' ').length > 3) return null;
  const index = resolveChoice(
    text,
    verdicts.map((key) => run.engineText(`button-${key}`)),
  );
  return index === null ? null : (verdicts[index] ?? null);
}

function pickedIndex(key: string, count: number): number | null {
  if (key === '$none') return count - 1;
  const index = /^q[0-9]$/.test(key) ? Number(key.slice(1)) : -1;
  return index >= 0 && index < count - 1 ? index : null;
}

function giveAnswer(run: Run, text: string, entryId: string, outcome: 'answered' | 'picked'): Move {
  if (run.hasExit(entryId)) return leaveFor(run, text, entryId, outcome);
  const answer = run.program.faq?.answer(entryId, run) ?? '';
  if (answer === '') return giveUp(run, text);
  run.emit({ type: 'record-question', text, outcome, entryId });
  run.note({ phase: 'answered', text, entryId });
  const question = run.program.faq?.question(entryId, run.language) ?? '';
  run.say(
    outcome === 'answered' ? `«${question}»\n\n${answer}` : answer,
    verdicts.map((key): Choice => run.choice(`$${key}`, run.engineText(`button-${key}`))),
  );
  return stay;
}

function suggest(run: Run, text: string, entryIds: readonly string[]): Move {
  const [likeliest] = entryIds;
  if (likeliest !== undefined && run.hasExit(likeliest)) return leaveFor(run, text, likeliest, 'answered');
  const known = entryIds.slice(0, 3).filter((id) => run.program.faq?.question(id, run.language) !== undefined);
  if (known.length === 0) return giveUp(run, text);
  run.emit({ type: 'record-question', text, outcome: 'suggested' });
  run.note({ phase: 'suggested', text, entryIds: known });
  run.say(run.engineText('faq-suggest'), [
    ...known.map((id, index) => run.choice(`q${index}`, run.program.faq?.question(id, run.language) ?? '')),
    run.choice('$none', run.engineText('button-none')),
  ]);
  return stay;
}

function leaveFor(run: Run, text: string, entryId: string, outcome: 'answered' | 'picked'): Move {
  run.emit({ type: 'record-question', text, outcome, entryId });
  return leave(entryId);
}

function giveUp(run: Run, text: string): Move {
  run.emit({ type: 'record-question', text, outcome: 'unanswered' });
  return leave('unanswered');
}
