import type { Choice } from '../../domain/message.ts';
import { normalise } from '../../faq/normalise.ts';
import { resolveChoice } from '../../faq/resolve-choice.ts';
import { leave, stay, unexpected, type Input, type Move } from '../node-kind.ts';
import { engineChoice } from '../retry.ts';
import type { Run } from '../run.ts';

/** How long an unknown text is held, in case the rest of the question follows. */
const SETTLE_MS = 3000;
const MOST_PARTS = 5;

/** How far the dialogue is; kept in the wait. */
type Phase =
  | { readonly phase: 'asked' }
  /** A text without an answer, which may be the beginning of a question. */
  | { readonly phase: 'settling'; readonly text: string; readonly parts: number }
  | { readonly phase: 'answered'; readonly text: string; readonly entryId: string }
  | { readonly phase: 'suggested'; readonly text: string; readonly entryIds: readonly string[] };

/** Answers a question, offers what it may have meant, or holds it for a moment. */
export function answerQuestion(run: Run, text: string, parts = 1): Move {
  const match = run.program.faq?.matcher.match(text) ?? { band: 'none' as const };
  if (match.band === 'answer') return giveAnswer(run, text, match.entryId, 'answered');
  if (match.band === 'suggest') return suggest(run, text, match.entryIds);
  if (parts >= MOST_PARTS) return giveUp(run, text);
  run.note({ phase: 'settling', text, parts });
  run.emit({ type: 'set-timer', name: `settle:${run.wait.id}`, afterMs: SETTLE_MS });
  return stay;
}

export function receiveQuestion(run: Run, input: Input): Move {
  const phase = (run.wait.data as Phase | undefined) ?? { phase: 'asked' }; // Written by this file only.
  if (input.type === 'timer') return phase.phase === 'settling' ? giveUp(run, phase.text) : stay;
  switch (phase.phase) {
    case 'asked':
      return input.type === 'text' ? answerQuestion(run, input.text) : unexpected;
    case 'settling':
      return receiveRest(run, input, phase);
    case 'answered':
      return receiveVerdict(run, input, phase);
    case 'suggested':
      return receivePick(run, input, phase);
    default:
      return phase satisfies never;
  }
}

function receiveRest(run: Run, input: Input, phase: Extract<Phase, { phase: 'settling' }>): Move {
  if (input.type !== 'text') return unexpected;
  run.emit({ type: 'cancel-timer', name: `settle:${run.wait.id}` });
  const whole = `${phase.text} ${input.text}`.slice(0, 1000);
  const matcher = run.program.faq?.matcher;
  const isOneQuestion = matcher?.match(whole).band !== 'none' || matcher.match(input.text).band === 'none';
  return answerQuestion(run, isOneQuestion ? whole : input.text, phase.parts + 1);
}

function receiveVerdict(run: Run, input: Input, phase: Extract<Phase, { phase: 'answered' }>): Move {
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
  return input.type === 'text' ? answerQuestion(run, input.text) : unexpected;
}

function receivePick(run: Run, input: Input, phase: Extract<Phase, { phase: 'suggested' }>): Move {
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
  if (index === null) return input.type === 'text' ? answerQuestion(run, input.text) : unexpected;
  const entryId = phase.entryIds[index];
  if (entryId !== undefined) return giveAnswer(run, phase.text, entryId, 'picked');
  run.emit({ type: 'record-question', text: phase.text, outcome: 'rejected' });
  return leave('unanswered');
}

const verdicts = ['enough', 'another', 'not-mine'] as const;

/** Whether a text says what the person made of the answer they just got: their «شكراً» belongs here, not to a global intent. */
export function isVerdict(run: Run, text: string): boolean {
  const phase = run.wait.data as Phase | undefined; // Written by this file only.
  return phase?.phase === 'answered' && shortAnswer(run, text) !== null;
}

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

function giveUp(run: Run, text: string): Move {
  run.emit({ type: 'record-question', text, outcome: 'unanswered' });
  return leave('unanswered');
}
