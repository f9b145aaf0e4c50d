import { parseAnswer } from '../../src/answers/answers.ts';
import type { AnswerContext, AnswerRule, AnswerValue } from '../../src/answers/types.ts';

/** Half past one at night in Riyadh on Friday 13 March 2026 (24 Ramadan 1447), still the 12th in UTC. */
export const context: AnswerContext = { now: new Date('2026-03-12T22:30:00Z'), language: 'ar' };

/** The value read from a text, or the code of the problem with an exclamation mark: `!empty`. */
export function read(rule: AnswerRule, text: string, language = 'ar'): AnswerValue {
  const answer = parseAnswer(rule, text, { ...context, language });
  return answer.ok ? answer.value : `!${answer.problem.code}`;
}

/** How the value is read back, or the problem as `read` gives it. */
export function readBack(rule: AnswerRule, text: string, language = 'ar'): string {
  const answer = parseAnswer(rule, text, { ...context, language });
  return answer.ok ? answer.shown : `!${answer.problem.code}`;
}
