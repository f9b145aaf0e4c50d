import { pluralForms } from '../../i18n/translate.ts';
import { contextNames } from '../context.ts';
import { findFact } from '../program.ts';
import type { Problem } from '../problem.ts';
import { compileTemplate, isFactName, type Placeholder } from '../template.ts';
import { isKeyedText, type Text } from '../text.ts';
import { nodeProblem, type InspectScope, type OutlinedFlow, type OutlinedNode } from './scope.ts';

/** Characters of a label that every channel can show: a row of a WhatsApp list. */
const LONGEST_LABEL = 24;
/** Choices that every channel with buttons or lists can carry: the rows of a WhatsApp list. */
const MOST_CHOICES = 10;

/** Texts: languages, placeholders, facts, and what channels can carry. */
export function inspectTexts(
  { flow, nodes }: OutlinedFlow,
  scope: InspectScope,
  variables: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  for (const one of nodes.values()) {
    const report = (code: Problem['code'], message: string, severity?: Problem['severity']): void => {
      problems.push(nodeProblem(flow, one.node.id, code, message, severity));
    };
    for (const { field, text } of one.outline.texts ?? []) inspectText(field, text, scope, variables, report);
    inspectChoices(one, scope, report);
  }
  return problems;
}

type Report = (code: Problem['code'], message: string, severity?: Problem['severity']) => void;

function inspectText(
  field: string,
  text: Text,
  scope: InspectScope,
  variables: ReadonlySet<string>,
  report: Report,
): void {
  const byLanguage = isKeyedText(text)
    ? sourcesOfKey(field, text, scope, report)
    : sourcesOfMap(field, text, scope, report);
  const named = new Map<string, Set<string>>();
  for (const [language, source] of byLanguage) {
    const compiled = compileTemplate(source);
    if (!compiled.ok) {
      report('placeholder-broken', `${field} in "${language}": ${compiled.problem}`);
      continue;
    }
    const { placeholders } = compiled.template;
    named.set(language, new Set(placeholders.map(({ path }) => path)));
    for (const placeholder of placeholders)
      inspectPlaceholder(placeholder, {
        field,
        language,
        scope,
        variables,
        report,
        counts: isKeyedText(text) && text.count !== undefined,
      });
  }
  reportUneven(field, named, report);
}

function sourcesOfMap(
  field: string,
  text: Readonly<Record<string, string>>,
  scope: InspectScope,
  report: Report,
): [string, string][] {
  for (const language of scope.languages) {
    const source = text[language];
    if (source === undefined) report('translation-missing', `${field} has no text in "${language}"`);
    else if (source.trim() === '') report('text-empty', `${field} is empty in "${language}"`);
  }
  return Object.entries(text);
}

function sourcesOfKey(
  field: string,
  text: { readonly key: string; readonly count?: string | undefined },
  scope: InspectScope,
  report: Report,
): [string, string][] {
  const isPlural = text.count !== undefined;
  return scope.languages.flatMap((language): [string, string][] => {
    const { translate } = scope;
    if (!isPlural && !translate.has(language, text.key)) {
      report('text-key-missing', `${field}: locales have no text "${text.key}" in "${language}"`);
      return [];
    }
    if (isPlural && !translate.has(language, text.key, true)) {
      const forms = pluralForms(language).filter((form) => !translate.has(language, `${text.key}_${form}`));
      report('plural-missing', `${field}: locales have no text "${text.key}_${forms[0]}" in "${language}"`);
      return [];
    }
    const source = translate.template(language, text.key, isPlural ? 5 : undefined);
    return source === null ? [] : [[language, source]];
  });
}

function inspectPlaceholder(
  { path }: Placeholder,
  at: {
    readonly field: string;
    readonly language: string;
    readonly scope: InspectScope;
    readonly variables: ReadonlySet<string>;
    readonly report: Report;
    readonly counts: boolean;
  },
): void {
  const { field, language, scope, variables, report } = at;
  if (isFactName(path)) {
    if (scope.languages.includes(language) && findFact(scope.facts, path, language) === undefined)
      report(
        'fact-missing',
        `${field} in "${language}": {{${path}}} is not filled in, so its sentence is left out`,
        'warning',
      );
    return;
  }
  const [root = '', member] = path.split('.');
  if (root === 'context') {
    if (!contextNames.some((name) => name === member))
      report(
        'placeholder-unknown',
        `${field} in "${language}": there is no {{${path}}}; context has ${contextNames.join(', ')}`,
      );
  } else if (!variables.has(root) && !(at.counts && path === 'count'))
    report('variable-undeclared', `${field} in "${language}": nothing sets the variable "${root}" of {{${path}}}`);
}

function reportUneven(field: string, named: ReadonlyMap<string, ReadonlySet<string>>, report: Report): void {
  const [first, ...others] = named;
  if (first === undefined) return;
  const [language, names] = first;
  for (const [other, otherNames] of others) {
    for (const name of names)
      if (!otherNames.has(name))
        report('placeholder-uneven', `${field} has {{${name}}} in "${language}" but not in "${other}"`, 'warning');
    for (const name of otherNames)
      if (!names.has(name))
        report('placeholder-uneven', `${field} has {{${name}}} in "${other}" but not in "${language}"`, 'warning');
  }
}

function inspectChoices({ outline }: OutlinedNode, scope: InspectScope, report: Report): void {
  const { choices } = outline;
  if (choices === undefined) return;
  if (choices.ids.length > MOST_CHOICES)
    report(
      'choices-too-many',
      `has ${choices.ids.length} choices; WhatsApp lists carry ${MOST_CHOICES}, so it becomes a numbered list there`,
      'warning',
    );
  for (const language of scope.languages) {
    const seen = new Map<string, string>();
    for (const [index, label] of choices.labels.entries()) {
      const text = isKeyedText(label) ? scope.translate.template(language, label.key) : (label[language] ?? null);
      const id = choices.ids[index] ?? '';
      if (text === null) continue;
      const length = [...text].length;
      if (length > LONGEST_LABEL)
        report(
          'choice-too-long',
          `label of "${id}" in "${language}" has ${length} characters; WhatsApp shows ${LONGEST_LABEL}, so it becomes a numbered list there`,
          'warning',
        );
      const twin = seen.get(text);
      if (twin !== undefined)
        report('choice-repeated', `labels of "${twin}" and "${id}" are the same in "${language}"`);
      seen.set(text, id);
    }
  }
}
