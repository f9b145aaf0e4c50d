import { normalise } from '../faq/normalise.ts';
import type { Choice } from '../domain/message.ts';
import { leave, stay, type Input, type Move } from './node-kind.ts';
import type { Run } from './run.ts';

/** Answers that may go wrong before a person is offered help. */
export const DEFAULT_RETRIES = 3;

export interface RetryOptions {
  readonly retries: number;
  readonly skippable: boolean;
  /** The question's own buttons, shown again. */
  readonly choices?: readonly Choice[];
}

/**
 * Says what was wrong with an answer, kindly, and keeps the question open. After too many tries it takes the node's `failed` exit, or
 * offers an officer, another try, and skipping where that is allowed.
 */
export function retry(run: Run, problem: string, options: RetryOptions): Move {
  const tries = run.countTry();
  const choices = options.choices ?? [];
  if (tries < options.retries) {
    run.say(problem, choices);
    return stay;
  }
  if (run.hasExit('failed')) {
    run.say(problem);
    return leave('failed');
  }
  const offered = ['again', ...(options.skippable ? ['skip'] : []), 'human'] as const;
  const known = choices.filter((choice) => !offered.some((key) => choice.id.endsWith(`.$${key}`)));
  run.say(`${problem}\n\n${run.engineText('retry-offer')}`, [
    ...known,
    ...offered.map((key) => run.choice(`$${key}`, run.engineText(`button-${key}`))),
  ]);
  return stay;
}

/** The engine's own buttons: tapped, or typed word for word. Null when the input is none of them. */
export function engineChoice(run: Run, input: Input, keys: readonly EngineChoice[]): EngineChoice | null {
  if (input.type === 'choice') return keys.find((key) => input.key === `$${key}`) ?? null;
  if (input.type !== 'text' || input.text.length > 40) return null;
  const typed = normalise(input.text);
  return keys.find((key) => normalise(run.engineText(`button-${key}`)) === typed) ?? null;
}

export type EngineChoice =
  'skip' | 'done' | 'again' | 'human' | 'menu' | 'yes' | 'no' | 'enough' | 'another' | 'not-mine';
