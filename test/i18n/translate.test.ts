import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadLocales } from '../../src/i18n/load.ts';
import { createTranslate, pluralForms, type LocaleTree } from '../../src/i18n/translate.ts';
import { answerProblemCodes } from '../../src/answers/types.ts';

const locales = await loadLocales(new URL('../../locales/', import.meta.url).pathname);
const translate = createTranslate({ resources: locales });

describe('translate', () => {
  it.each([
    [0, 'لا ملفات'],
    [1, 'ملف واحد'],
    [2, 'ملفان'],
    [5, '5 ملفات'],
    [11, '11 ملفاً'],
    [100, '100 ملف'],
  ])('uses the Arabic plural of %i', (count, expected) => {
    expect(translate('ar', 'engine:files', { count })).toBe(expected);
  });

  it('falls back to Arabic for a language without the text, and says so', () => {
    expect(translate('ur', 'engine:button-done')).toBe('تم');
    expect(translate.has('ur', 'engine:button-done')).toBe(false);
  });

  it('gives a template with its placeholders untouched, and null for a text nobody has', () => {
    expect(translate.template('en', 'engine:files', 3)).toBe('{{count}} files');
    expect(translate.template('en', 'engine:nothing')).toBeNull();
  });

  it('puts a parameter in as it is, without reading it', () => {
    const small = createTranslate({
      resources: { en: { engine: { hello: 'Hello {{name}}' } } },
      fallbackLanguage: 'en',
    });
    expect(small('en', 'engine:hello', { name: '<b>$t(engine:hello) {{name}}' })).toBe(
      'Hello <b>$t(engine:hello) {{name}}',
    );
  });
});

describe('the locales', () => {
  it.each(['engine', 'answers', 'files'])(
    'have the same texts in every language, with all plural forms: %s',
    (file) => {
      const keys = (language: string): string[] => {
        const forms = pluralForms(language);
        const names = Object.keys(locales[language]?.[file] ?? {});
        const plural = new Set(
          names.filter((name) => name.endsWith('_other')).map((name) => name.slice(0, -'_other'.length)),
        );
        for (const name of plural)
          for (const form of forms) expect(names, `${language}/${file}.json`).toContain(`${name}_${form}`);
        return [...new Set(names.map((name) => name.replace(/_(zero|one|two|few|many|other)$/, '')))].sort();
      };
      expect(keys('en')).toEqual(keys('ar'));
    },
  );

  it('explain every problem an answer may have', () => {
    for (const language of ['ar', 'en'])
      for (const code of answerProblemCodes)
        expect(
          translate.has(language, `answers:${code}`) || translate.has(language, `answers:${code}`, true),
          `${language} ${code}`,
        ).toBe(true);
  });
});

describe('loadLocales', () => {
  it('names the file that is no JSON', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'locales-'));
    try {
      await mkdir(join(folder, 'ar'));
      await writeFile(join(folder, 'ar', 'engine.json'), '{');
      await expect(loadLocales(folder)).rejects.toThrow(
        `locale file "${join(folder, 'ar', 'engine.json')}" is not valid JSON`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('reads a language from each folder and a namespace from each file', () => {
    const tree: LocaleTree | undefined = locales['en']?.['engine'];
    expect(tree?.['button-done']).toBe('Done');
  });
});
