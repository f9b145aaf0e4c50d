import { parseDate } from './date.ts';
import { parseEmail } from './email.ts';
import { parseIban } from './iban.ts';
import { parseName } from './name.ts';
import { parseNationalId } from './national-id.ts';
import { parseNumber } from './number.ts';
import { parsePhone } from './phone.ts';
import { parseText } from './text.ts';
import { refused, type AnswerContext, type AnswerRule, type ParsedAnswer } from './types.ts';
import { parseYesNo } from './yes-no.ts';

/**
 * Reads what a person typed as the answer that a rule asks for: pure, never throws on any text, and takes a few milliseconds at
 * most, since a long message is no name, number or date and is refused unread.
 * Either the value to keep and how to read it back, or a problem whose text is `answers:<code>` in the locales.
 */
export function parseAnswer(rule: AnswerRule, text: string, context: AnswerContext): ParsedAnswer {
  if (rule.kind !== 'text' && text.length > longestMessage) return refused('too-long', { count: longestMessage });
  switch (rule.kind) {
    case 'text':
      return parseText(rule, text);
    case 'name':
      return parseName(rule, text);
    case 'number':
      return parseNumber(rule, text);
    case 'national-id':
      return parseNationalId(rule, text);
    case 'phone':
      return parsePhone(rule, text);
    case 'iban':
      return parseIban(rule, text);
    case 'email':
      return parseEmail(text);
    case 'date':
      return parseDate(rule, text, context);
    case 'yes-no':
      return parseYesNo(text, context.language);
  }
}

/** Most UTF-16 code units of a message in which anything but free text is looked for. */
const longestMessage = 1000;
