import { describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseLanguage, textsOf } from '../../../src/web/chat/texts.ts';

const folder = join(import.meta.dirname, '../../../src/web/chat');

describe('the texts of the chat page', () => {
  it('exist in both languages, none of them empty', () => {
    expect(Object.keys(textsOf('en')).sort()).toEqual(Object.keys(textsOf('ar')).sort());
    for (const language of ['ar', 'en'] as const) {
      expect(Object.entries(textsOf(language)).filter(([, text]) => text.trim() === '')).toEqual([]);
    }
  });

  it('include every one the page asks for, and the page asks for every one', async () => {
    const html = await readFile(join(folder, 'chat.html'), 'utf8');
    const asked = [...html.matchAll(/data-(?:text|label|placeholder)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(asked.filter((key) => !(key in textsOf('ar')))).toEqual([]);
    asked.push('me', 'bot', 'officer'); // Looked up by who wrote a line.
    const sources = ['bubble', 'chat', 'log-view', 'notices', 'page', 'render-line'];
    const code = (await Promise.all(sources.map((name) => readFile(join(folder, `${name}.ts`), 'utf8')))).join();
    const unused = Object.keys(textsOf('ar')).filter(
      (key) => !asked.includes(key) && !new RegExp(`\\b${key}\\b`).test(code),
    );
    expect(unused).toEqual([]);
  });

  it('are Arabic unless English was asked for or chosen before', () => {
    expect(chooseLanguage('', null)).toBe('ar');
    expect(chooseLanguage('', 'en')).toBe('en');
    expect(chooseLanguage('?language=ar', 'en')).toBe('ar');
    expect(chooseLanguage('?language=en', null)).toBe('en');
    expect(chooseLanguage('?language=<script>', null)).toBe('ar');
  });
});
