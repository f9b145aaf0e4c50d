import { z } from 'zod';

/** Longest text of one node in one language: what every channel can carry in one message. */
export const LONGEST_TEXT = 4000;

const languageSchema = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'expected a language code such as "ar"')
  .describe('Language');

/** Texts by language: `{ "ar": "أهلاً", "en": "Hello" }`. */
export const languageMapSchema = z
  .record(languageSchema, z.string().max(LONGEST_TEXT))
  .refine((map) => Object.keys(map).length > 0, 'expected a text in at least one language')
  .describe('A text in each language');

/** A text kept in `locales/`, with the expression that picks its plural form: `{ "key": "menu:requests", "count": "size(cases)" }`. */
export const keyedTextSchema = z
  .strictObject({
    key: z.string().min(1).max(100).describe('Where the text is: "file:key" of locales/<language>/'),
    count: z
      .string()
      .max(500)
      .optional()
      .describe('Expression whose number picks the plural form; {{count}} in the text'),
  })
  .describe('A text of locales/');

/** What a person reads. Both forms may hold placeholders: `{{name}}`, `{{org.phone}}`, `{{context.opensAt | when}}`. */
export const textSchema = z.union([keyedTextSchema, languageMapSchema]).meta({ id: 'Text' });

export type Text = z.infer<typeof textSchema>;

export function isKeyedText(text: Text): text is z.infer<typeof keyedTextSchema> {
  return typeof text['key'] === 'string';
}
