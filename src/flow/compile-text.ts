import type { Json } from '../domain/effect.ts';
import type { Translate } from '../i18n/translate.ts';
import { compileExpression } from './expression.ts';
import type { CompiledText } from './node-kind.ts';
import type { Run } from './run.ts';
import { compileTemplate, type Template, type TemplateValues } from './template.ts';
import { isKeyedText, type Text } from './text.ts';

/** Templates of the locales, each compiled once. */
export interface Templates {
  /** The template of a key in a language (or the fallback language); null when there is none. */
  find(language: string, key: string, count?: number): Template | null;
  readonly fallbackLanguage: string;
}

export function createTemplates(translate: Translate): Templates {
  const bySource = new Map<string, Template>();
  const byKey = new Map<string, Template | null>();
  const compile = (source: string): Template => {
    const known = bySource.get(source);
    if (known !== undefined) return known;
    const template = toTemplate(source);
    bySource.set(source, template); // Bounded by the locales' own texts.
    return template;
  };
  return {
    fallbackLanguage: translate.fallbackLanguage,
    find: (language, key, count) => {
      if (count !== undefined) {
        const source = translate.template(language, key, count);
        return source === null ? null : compile(source);
      }
      const name = `${language} ${key}`;
      let template = byKey.get(name);
      if (template === undefined) {
        const source = translate.template(language, key);
        template = source === null ? null : compile(source);
        if (byKey.size < 5000) byKey.set(name, template);
      }
      return template;
    },
  };
}

/** Prepares a text of a flow for all its languages. */
export function compileText(text: Text, templates: Templates): CompiledText {
  if (isKeyedText(text)) return compileKeyed(text.key, text.count, templates);
  const byLanguage = new Map(Object.entries(text).map(([language, source]) => [language, toTemplate(source)]));
  const first = byLanguage.get(templates.fallbackLanguage) ?? [...byLanguage.values()][0];
  const pick = (run: Run): Template | undefined => byLanguage.get(run.language) ?? first;
  return {
    render: (run) => pick(run)?.render(run) ?? '',
    question: (run) => {
      const template = pick(run);
      if (template === undefined) return '';
      return template.render(run) || template.renderWhole(run);
    },
  };
}

/** Values of a text's own parameters, before those of the session. */
export function withParameters(run: Run, parameters: Readonly<Record<string, Json>>): TemplateValues {
  return {
    value: (path) => (Object.hasOwn(parameters, path) ? parameters[path] : run.value(path)),
    fact: (name) => run.fact(name),
    language: run.language,
    timeZone: run.timeZone,
  };
}

function compileKeyed(key: string, countSource: string | undefined, templates: Templates): CompiledText {
  const counted = countSource === undefined ? null : compileExpression(countSource);
  const fill = (run: Run, whole: boolean): string => {
    const value = counted === null ? null : counted.ok ? run.evaluate(counted.expression) : 0;
    const count = typeof value === 'number' ? value : 0;
    const template = templates.find(run.language, key, counted === null ? undefined : count);
    if (template === null) return key;
    const values = counted === null ? run : withParameters(run, { count });
    return template.render(values) || (whole ? template.renderWhole(values) : '');
  };
  return { render: (run) => fill(run, false), question: (run) => fill(run, true) };
}

function toTemplate(source: string): Template {
  const compiled = compileTemplate(source);
  if (compiled.ok) return compiled.template;
  return { placeholders: [], render: () => source, renderWhole: () => source }; // A broken template is shown as written; `inspect` finds it.
}
