import { dropSteering, foldDigits } from './fold-digits.ts';
import { accepted, refused, type ParsedAnswer, type TextRule } from './types.ts';

/**
 * Free text, kept as typed but for marks that only steer how it is drawn (a stray right-to-left override would turn an officer's
 * whole screen). Lengths count Unicode code points, what most channels count too.
 */
export function parseText(rule: TextRule, text: string): ParsedAnswer {
  const value = dropSteering(text);
  const { minLength = 1, maxLength = 2000 } = rule;
  const length = [...value].length;
  if (length > maxLength) return refused('too-long', { count: maxLength, length });
  if (foldDigits(value) === '') return refused('empty');
  return length < minLength ? refused('too-short', { count: minLength, length }) : accepted(value, value);
}
