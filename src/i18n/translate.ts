import { createInstance, type i18n } from 'i18next';

/** What a locale file holds: texts by key, nested at will; plural forms end in `_zero` ... `_other`; lists are phrases. */
export interface LocaleTree {
  readonly [key: string]: string | readonly string[] | LocaleTree;
}

/** Texts by language, then by file name (the namespace): `resources.ar.engine.greeting`. */
export type LocaleResources = Readonly<Record<string, Readonly<Record<string, LocaleTree>>>>;

/** Finds texts. Keys are `namespace:key`; a text missing in a language is taken from the fallback language. */
export interface Translate {
  /** The text with its parameters put in; the key itself when no language has it. `count` picks the plural form. */
  (language: string, key: string, parameters?: Readonly<Record<string, string | number>>): string;
  /** The text as written, its placeholders untouched, or null when no language has it. */
  template(language: string, key: string, count?: number): string | null;
  /** Whether this very language has the text (all its plural forms, when `plural`). */
  has(language: string, key: string, plural?: boolean): boolean;
  readonly languages: readonly string[];
  readonly fallbackLanguage: string;
}

/**
 * Sets up i18next over loaded locales. Synchronous and free of globals, so it runs in the editor too. Values are not escaped
 * here: texts are plain text, and the flow engine isolates what people typed.
 */
export function createTranslate(options: {
  readonly resources: LocaleResources;
  readonly fallbackLanguage?: string;
}): Translate {
  const { resources, fallbackLanguage = 'ar' } = options;
  const languages = Object.keys(resources);
  const namespaces = [...new Set(languages.flatMap((language) => Object.keys(resources[language] ?? {})))];
  const instance = createInstance();
  void instance.init({
    resources,
    lng: fallbackLanguage,
    fallbackLng: fallbackLanguage,
    supportedLngs: false,
    ns: namespaces,
    defaultNS: 'engine',
    initAsync: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  return Object.assign(
    (language: string, key: string, parameters: Readonly<Record<string, string | number>> = {}) =>
      instance.t(key, { lng: language, ...parameters }),
    {
      template: (language: string, key: string, count?: number) => findTemplate(instance, language, key, count),
      has: (language: string, key: string, plural = false) =>
        plural
          ? pluralForms(language).every((form) => holds(resources, language, `${key}_${form}`))
          : holds(resources, language, key),
      languages,
      fallbackLanguage,
    },
  );
}

/** The plural categories a language distinguishes (CLDR): six in Arabic, two in English. */
export function pluralForms(language: string): readonly string[] {
  return new Intl.PluralRules(language).resolvedOptions().pluralCategories;
}

function findTemplate(instance: i18n, language: string, key: string, count: number | undefined): string | null {
  const absent = '\u0000';
  const text: unknown = instance.t(key, {
    lng: language,
    defaultValue: absent,
    skipInterpolation: true,
    ...(count === undefined ? {} : { count }),
  });
  return typeof text === 'string' && text !== absent ? text : null;
}

function holds(resources: LocaleResources, language: string, key: string): boolean {
  const [namespace = '', path = ''] = key.includes(':') ? key.split(':') : ['engine', key];
  let found: unknown = resources[language]?.[namespace];
  for (const step of path.split('.')) {
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, step)
        ? (found as LocaleTree)[step]
        : undefined; // An own key of a JSON object.
  }
  return typeof found === 'string';
}
