import ar from '../../../locales/ar/files.json';
import en from '../../../locales/en/files.json';
import type { Language, Texts } from './texts.ts';

const words: Readonly<Record<Language, Readonly<Record<string, string>>>> = { ar, en };

/** Which files may be sent, as the server wrote it into the page. */
export interface FileLimits {
  readonly kinds: readonly string[];
  readonly maxMegabytes: number;
}

export function readFileLimits({ dataset }: HTMLInputElement): FileLimits {
  return { kinds: (dataset['kinds'] ?? '').split(' '), maxMegabytes: Number(dataset['maxMegabytes']) };
}

/** The texts with what may be sent written into them, each isolated, so that its direction touches nothing around it. */
export function tellLimits(texts: Texts, { kinds, maxMegabytes }: FileLimits, language: Language): Texts {
  const own = words[language];
  const form = new Intl.PluralRules(language).select(maxMegabytes);
  const size = (own[`megabytes_${form}`] ?? '').replace('{{count}}', String(maxMegabytes));
  const names = kinds.map((kind) => isolate(own[kind] ?? ''));
  const list = new Intl.ListFormat(language, { type: 'conjunction' }).format(names);
  const fill = (text: string) => text.replace('{{size}}', isolate(size)).replace('{{kinds}}', list);
  return { ...texts, fileTooLarge: fill(texts.fileTooLarge), fileNotAccepted: fill(texts.fileNotAccepted) };
}

function isolate(text: string): string {
  return `\u2068${text}\u2069`;
}
