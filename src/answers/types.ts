import { z } from 'zod';

const isoDate = z.iso.date();
const country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'expected a country as two capital letters (ISO 3166-1), for example "SA"');
const ordered = (low: number | string | undefined, high: number | string | undefined): boolean =>
  low === undefined || high === undefined || low <= high;

const textRuleSchema = z
  .strictObject({
    kind: z.literal('text'),
    minLength: z.int().min(1).max(5000).optional().describe('Fewest characters taken; 1 when absent'),
    maxLength: z.int().min(1).max(5000).optional().describe('Most characters taken; 2000 when absent'),
  })
  .refine((rule) => ordered(rule.minLength ?? 1, rule.maxLength ?? 2000), 'minLength is above maxLength');

const nameRuleSchema = z.strictObject({
  kind: z.literal('name'),
  minWords: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe('Fewest words of the name; 1 when absent, 3 asks for a full name'),
});

const numberRuleSchema = z
  .strictObject({
    kind: z.literal('number'),
    min: z.number().optional().describe('Smallest number taken'),
    max: z.number().optional().describe('Largest number taken; a thousand billion when absent'),
    integer: z.boolean().optional().describe('Only whole numbers'),
  })
  .refine((rule) => ordered(rule.min, rule.max), 'min is above max');

const nationalIdRuleSchema = z.strictObject({
  kind: z.literal('national-id'),
  holder: z.enum(['any', 'citizen', 'resident']).optional().describe('Whose number is taken; "any" when absent'),
});

const phoneRuleSchema = z.strictObject({
  kind: z.literal('phone'),
  country: country.optional().describe('The country of a number written without a country code; "SA" when absent'),
});

const ibanRuleSchema = z.strictObject({
  kind: z.literal('iban'),
  country: country.optional().describe('The only country whose accounts are taken; any when absent'),
});

const emailRuleSchema = z.strictObject({ kind: z.literal('email') });

const dateRuleSchema = z
  .strictObject({
    kind: z.literal('date'),
    when: z.enum(['past', 'future']).optional().describe('Only until today, or only from today on (today is both)'),
    min: isoDate.optional().describe('First day taken, Gregorian, as 2026-03-12'),
    max: isoDate.optional().describe('Last day taken, Gregorian, as 2026-03-12'),
    calendar: z
      .enum(['hijri', 'gregorian'])
      .optional()
      .describe('The calendar read back first; the one the person used when absent'),
  })
  .refine((rule) => ordered(rule.min, rule.max), 'min is after max');

const yesNoRuleSchema = z.strictObject({ kind: z.literal('yes-no') });

/**
 * What a flow's author may demand of an answer. Options have no zod defaults, so that a rule reads back from the store as it
 * was written; each option says what its absence means.
 *
 * @example { "kind": "number", "min": 1, "max": 30, "integer": true }
 */
export const answerRuleSchema = z.discriminatedUnion('kind', [
  textRuleSchema,
  nameRuleSchema,
  numberRuleSchema,
  nationalIdRuleSchema,
  phoneRuleSchema,
  ibanRuleSchema,
  emailRuleSchema,
  dateRuleSchema,
  yesNoRuleSchema,
]);

export type AnswerRule = z.infer<typeof answerRuleSchema>;
export type TextRule = z.infer<typeof textRuleSchema>;
export type NameRule = z.infer<typeof nameRuleSchema>;
export type NumberRule = z.infer<typeof numberRuleSchema>;
export type NationalIdRule = z.infer<typeof nationalIdRuleSchema>;
export type PhoneRule = z.infer<typeof phoneRuleSchema>;
export type IbanRule = z.infer<typeof ibanRuleSchema>;
export type DateRule = z.infer<typeof dateRuleSchema>;

/** What the flow keeps: plain JSON. Dates are Gregorian `yyyy-mm-dd`, phones E.164, IBANs without spaces. */
export type AnswerValue = string | number | boolean;

/**
 * Why an answer was not taken. Each code is a key of `locales/<language>/answers.json`; codes are never renamed, since edited
 * locales refer to them.
 */
export const answerProblemCodes = [
  'empty',
  'too-short',
  'too-long',
  'several-values',
  'not-a-name',
  'name-too-few-words',
  'not-a-number',
  'not-an-integer',
  'too-small',
  'too-large',
  'not-an-id',
  'id-length',
  'id-check-digit',
  'id-not-citizen',
  'id-not-resident',
  'not-a-phone',
  'phone-too-short',
  'phone-too-long',
  'phone-not-mobile',
  'not-an-iban',
  'iban-length',
  'iban-check-digits',
  'iban-country',
  'not-an-email',
  'not-a-date',
  'date-incomplete',
  'date-impossible',
  'date-out-of-range',
  'date-not-past',
  'date-not-future',
  'date-too-early',
  'date-too-late',
  'not-yes-or-no',
] as const;

export type AnswerProblemCode = (typeof answerProblemCodes)[number];

/**
 * A problem to tell the person about. `params` are what its text interpolates (`count` picks the plural); they come from the
 * rule, or are plain counts, and never carry what the person typed, so they may be logged.
 */
export interface AnswerProblem {
  readonly code: AnswerProblemCode;
  readonly params: Readonly<Record<string, string | number>>;
}

/** What an answer depends on besides its text. */
export interface AnswerContext {
  readonly now: Date;
  /** BCP 47 tag of the conversation's language; an unknown one reads and shows as English. */
  readonly language: string;
  /** IANA zone in which «اليوم» is meant; the organisation's. Asia/Riyadh when absent. */
  readonly timeZone?: string;
}

/** `shown` is how the answer is read back to the person; typed in again under the same rule it gives the same value. */
export type ParsedAnswer =
  | { readonly ok: true; readonly value: AnswerValue; readonly shown: string }
  | { readonly ok: false; readonly problem: AnswerProblem };

export function accepted(value: AnswerValue, shown: string): ParsedAnswer {
  return { ok: true, value, shown };
}

export function refused(code: AnswerProblemCode, params: AnswerProblem['params'] = {}): ParsedAnswer {
  return { ok: false, problem: { code, params } };
}
