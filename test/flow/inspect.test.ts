import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/flow/inspect.ts';
import { toIntentPhrases } from '../../src/flow/intents.ts';
import { parseFlow, parseIntentBindings } from '../../src/flow/parse.ts';
import type { ProgramSource } from '../../src/flow/program.ts';
import type { Flow } from '../../src/flow/schema.ts';
import { createTranslate } from '../../src/i18n/translate.ts';
import { bindings, entries, facts, matcher, resources, standardFlows, toFlow } from './support/program.ts';

const text = (ar: string, en = ar) => ({ ar, en });
const say = (id: string, next: string, said: object = text('مرحبا', 'Hi')) => ({
  id,
  type: 'say',
  text: said,
  exits: { next },
});
const end = { id: 'end', type: 'end' };

function source(flows: readonly Flow[], changes: Partial<ProgramSource> = {}): ProgramSource {
  return {
    flows: [...standardFlows, ...flows],
    entryFlowId: 'welcome',
    intents: { bindings, phrases: toIntentPhrases(resources) },
    translate: createTranslate({ resources }),
    facts: { ...facts, 'org.hours': { ar: '8-4', en: '8-4' } },
    faq: { matcher, entries },
    ...changes,
  };
}

function problemsOf(
  nodes: readonly object[],
  flow: Readonly<Record<string, unknown>> = {},
  others: readonly Flow[] = [],
): string[] {
  const first = (nodes[0] as { id: string }).id; // Every node of these tests has one.
  return inspect(source([toFlow({ id: 'permits', start: first, nodes, ...flow }), ...others])).map(
    ({ severity, code, message }) => `${severity} ${code}: ${message}`,
  );
}

const sub = toFlow({
  id: 'address',
  start: 'q',
  parameters: { reason: {}, city: { default: null } },
  results: ['street'],
  nodes: [
    {
      id: 'q',
      type: 'ask',
      text: text('الشارع؟', 'Street?'),
      answer: { kind: 'text' },
      save: 'street',
      exits: { next: 'b' },
    },
    { id: 'b', type: 'branch', cases: [{ exit: 'x', when: "street == 'x'" }], exits: { x: 'none', else: 'done' } },
    { id: 'none', type: 'end', outcome: 'none' },
    { id: 'done', type: 'end' },
  ],
});
const runsSub = (fields: object, exits: object = { next: 'end', none: 'end' }) => [
  { id: 'sub', type: 'flow', flow: 'address', parameters: { reason: "'x'" }, exits, ...fields },
  end,
];

const choose = (choices: object[], exits: Record<string, string> = { next: 'end' }, more: object = {}) => [
  { id: 'pick', type: 'choose', text: text('أيهما؟', 'Which?'), choices, exits, ...more },
  end,
];

describe('inspect', () => {
  it('finds nothing wrong with the standard flows', () => {
    expect(inspect(source([]))).toEqual([]);
  });

  const broken: readonly (readonly [string, () => string[], readonly string[]])[] = [
    [
      'an exit to a node that is not there',
      () => problemsOf([say('ask-id', 'end2')]),
      ['error exit-dangling: flow "permits", node "ask-id": exit "next" leads to unknown node "end2"'],
    ],
    [
      'an exit that is not connected',
      () => problemsOf([{ ...say('a', 'end'), exits: {} }]),
      ['error exit-open: flow "permits", node "a": exit "next" leads nowhere; connect it to a node'],
    ],
    [
      'an exit the node does not have',
      () => problemsOf([{ ...say('a', 'end'), exits: { next: 'end', other: 'end' } }, end]),
      ['error exit-unknown: flow "permits", node "a": there is no exit "other" on this say node; it has "next"'],
    ],
    [
      'an exit of a node that has none',
      () =>
        problemsOf([
          { ...end, exits: { next: 'z' } },
          { id: 'z', type: 'end' },
        ]),
      ['error exit-unknown: flow "permits", node "end": there is no exit "next" on this end node; it has none'],
    ],
    [
      'a node id used twice',
      () => problemsOf([say('a', 'end'), end, end]),
      ['error node-repeated: flow "permits": node "end" appears twice'],
    ],
    [
      'a start that is not there',
      () => problemsOf([end], { start: 'begin' }),
      ['error start-unknown: flow "permits": start names the unknown node "begin"'],
    ],
    [
      'a node nothing leads to',
      () => problemsOf([say('a', 'end'), say('b', 'end'), end]),
      ['error node-unreachable: flow "permits", node "b": no way leads here'],
    ],
    [
      'a circle that never waits',
      () => problemsOf([say('a', 'b'), say('b', 'a')]),
      [
        'error loop-without-wait: flow "permits", node "a": runs in a circle without ever waiting for the person: a -> b -> a',
      ],
    ],
    [
      'a failure that ends without help',
      () =>
        problemsOf([
          { id: 'faq', type: 'faq', text: text('سؤالك؟', 'Ask'), exits: { answered: 'end', unanswered: 'sorry' } },
          say('sorry', 'end'),
          end,
        ]),
      [
        'error dead-end: flow "permits", node "faq": exit "unanswered" leads to the end "end" without a question or an officer on the way',
      ],
    ],
    [
      'a text without a language',
      () => problemsOf([say('a', 'end', { ar: 'مرحبا' }), end]),
      ['error translation-missing: flow "permits", node "a": text has no text in "en"'],
    ],
    [
      'a text that is empty',
      () => problemsOf([say('a', 'end', { ar: 'مرحبا', en: ' ' }), end]),
      ['error text-empty: flow "permits", node "a": text is empty in "en"'],
    ],
    [
      'a key no locale has',
      () => problemsOf([say('a', 'end', { key: 'menu:nothing' }), end]),
      [
        'error text-key-missing: flow "permits", node "a": text: locales have no text "menu:nothing" in "ar"',
        'error text-key-missing: flow "permits", node "a": text: locales have no text "menu:nothing" in "en"',
      ],
    ],
    [
      'a key without its plural forms',
      () => problemsOf([say('a', 'end', { key: 'engine:failure', count: '2' }), end]),
      [
        'error plural-missing: flow "permits", node "a": text: locales have no text "engine:failure_few" in "ar"',
        'error plural-missing: flow "permits", node "a": text: locales have no text "engine:failure_one" in "en"',
      ],
    ],
    [
      'a placeholder that is not closed',
      () => problemsOf([say('a', 'end', text('مرحبا {{name', 'Hi')), end]),
      [
        'error placeholder-broken: flow "permits", node "a": text in "ar": a placeholder is not closed: expected {{name}}',
      ],
    ],
    [
      'a placeholder with an unknown format',
      () => problemsOf([say('a', 'end', text('{{context.opensAt | hour}}')), end]),
      ['ar', 'en'].map(
        (language) =>
          `error placeholder-broken: flow "permits", node "a": text in "${language}": "{{context.opensAt | hour}}" has an unknown format; there are date, time, when, list, yes-no, plain`,
      ),
    ],
    [
      'a placeholder only one language has',
      () => problemsOf([say('a', 'end', text('مرحبا {{context.personName}}', 'Hi')), end]),
      ['warning placeholder-uneven: flow "permits", node "a": text has {{context.personName}} in "ar" but not in "en"'],
    ],
    [
      'a placeholder the context does not have',
      () => problemsOf([say('a', 'end', text('{{context.mood}}')), end]),
      ['ar', 'en'].map(
        (language) =>
          `error placeholder-unknown: flow "permits", node "a": text in "${language}": there is no {{context.mood}}; context has isOpen, opensAt, queueLength, consent, personName, timeZone, hasOpenCase, language`,
      ),
    ],
    [
      'a variable in a text that nothing sets',
      () => problemsOf([say('a', 'end', text('{{nobody}}')), end]),
      ['ar', 'en'].map(
        (language) =>
          `error variable-undeclared: flow "permits", node "a": text in "${language}": nothing sets the variable "nobody" of {{nobody}}`,
      ),
    ],
    [
      'a fact that is not filled in',
      () => problemsOf([say('a', 'end', text('{{org.website}}')), end]),
      ['ar', 'en'].map(
        (language) =>
          `warning fact-missing: flow "permits", node "a": text in "${language}": {{org.website}} is not filled in, so its sentence is left out`,
      ),
    ],
    [
      'a label longer than channels show',
      () => problemsOf(choose([{ id: 'a', label: { ar: 'طلب', en: 'Request help for your whole family' } }])),
      [
        'warning choice-too-long: flow "permits", node "pick": label of "a" in "en" has 34 characters; WhatsApp shows 24, so it becomes a numbered list there',
      ],
    ],
    [
      'more choices than channels carry',
      () =>
        problemsOf(choose(Array.from({ length: 11 }, (_, index) => ({ id: `c${index}`, label: text(`${index}`) })))),
      [
        'warning choices-too-many: flow "permits", node "pick": has 11 choices; WhatsApp lists carry 10, so it becomes a numbered list there',
      ],
    ],
    [
      'two choices that read the same',
      () =>
        problemsOf(
          choose([
            { id: 'a', label: text('نعم', 'Yes') },
            { id: 'b', label: text('أجل', 'Yes') },
          ]),
        ),
      ['error choice-repeated: flow "permits", node "pick": labels of "a" and "b" are the same in "en"'],
    ],
    [
      'two choices with one id',
      () =>
        problemsOf(
          choose([
            { id: 'a', label: text('نعم', 'Yes') },
            { id: 'a', label: text('لا', 'No') },
          ]),
        ),
      ['error kind: flow "permits", node "pick": choice "a" appears twice'],
    ],
    [
      'a choice that leads nowhere',
      () => problemsOf(choose([{ id: 'a', label: text('نعم', 'Yes') }], { other: 'end' })),
      ['error exit-open: flow "permits", node "pick": exit "a" leads nowhere; connect it to a node'],
    ],
    [
      'a choice named like an exit, and a text that is never kept',
      () => problemsOf(choose([{ id: 'next', label: text('نعم', 'Yes') }], { next: 'end' }, { saveText: 'typed' })),
      [
        'error kind: flow "permits", node "pick": a choice may not be named "next", which is an exit of its own',
        'error kind: flow "permits", node "pick": "saveText" keeps nothing without an exit "other"',
      ],
    ],
    [
      'an expression that cannot be read',
      () =>
        problemsOf([
          {
            id: 'b',
            type: 'branch',
            cases: [{ exit: 'x', when: 'context.isOpen &&' }],
            exits: { x: 'end', else: 'end' },
          },
          end,
        ]),
      [
        'error expression-broken: flow "permits", node "b": when of "x" is not a valid expression: Unexpected token: EOF',
      ],
    ],
    [
      'an expression that may run for ever',
      () => problemsOf([{ id: 's', type: 'set', values: { a: '"x".matches("(a+)+")' }, exits: { next: 'end' } }, end]),
      [
        'error expression-broken: flow "permits", node "s": value of "a" is not a valid expression: "matches" is not offered; use contains, startsWith or endsWith',
      ],
    ],
    [
      'a condition that is neither true nor false',
      () =>
        problemsOf([
          { id: 'b', type: 'branch', cases: [{ exit: 'x', when: '1 + 2' }], exits: { x: 'end', else: 'end' } },
          end,
        ]),
      ['error condition-not-bool: flow "permits", node "b": when of "x" must be true or false, but is of type int'],
    ],
    [
      'a variable in an expression that nothing sets',
      () => problemsOf([{ id: 's', type: 'set', values: { a: 'b + 1' }, exits: { next: 'end' } }, end]),
      ['error variable-undeclared: flow "permits", node "s": value of "a": nothing sets the variable "b"'],
    ],
    [
      'a case with an answer that nobody gave',
      () =>
        problemsOf([
          {
            id: 'c',
            type: 'case',
            kind: 'complaint',
            answers: [{ variable: 'story', label: text('القصة', 'Story') }],
            save: 'ref',
            exits: { next: 'end' },
          },
          end,
        ]),
      ['error variable-undeclared: flow "permits", node "c": answers: nothing sets the variable "story"'],
    ],
    [
      'a result that nothing sets',
      () => problemsOf([end], { results: ['city'] }),
      ['error result-undeclared: flow "permits": result "city": nothing sets that variable'],
    ],
    [
      'a sub-flow that is not there',
      () => problemsOf([{ id: 'sub', type: 'flow', flow: 'nowhere', exits: { next: 'end' } }, end]),
      ['error flow-unknown: flow "permits", node "sub": runs the unknown flow "nowhere"'],
    ],
    [
      'a sub-flow that runs itself',
      () => problemsOf([{ id: 'sub', type: 'flow', flow: 'permits', exits: { next: 'end' } }, end]),
      ['error flow-recursive: flow "permits": runs itself: permits -> permits'],
    ],
    [
      'a parameter the sub-flow does not have',
      () => problemsOf(runsSub({ parameters: { reason: '1', town: '2' } }), {}, [sub]),
      ['error parameter-unknown: flow "permits", node "sub": flow "address" has no parameter "town"'],
    ],
    [
      'a parameter the sub-flow needs',
      () => problemsOf(runsSub({ parameters: {} }), {}, [sub]),
      ['error parameter-missing: flow "permits", node "sub": flow "address" needs the parameter "reason"'],
    ],
    [
      'a result the sub-flow does not give',
      () => problemsOf(runsSub({ results: { mine: 'house' } }), {}, [sub]),
      ['error result-undeclared: flow "permits", node "sub": flow "address" has no result "house"'],
    ],
    [
      'an outcome nobody looks at',
      () => problemsOf(runsSub({}, { next: 'end' }), {}, [sub]),
      [
        'warning outcome-unhandled: flow "permits", node "sub": flow "address" may end with "none", for which there is no exit; "next" is taken',
      ],
    ],
    [
      'an exit for an outcome that never comes',
      () => problemsOf(runsSub({}, { next: 'end', none: 'end', lost: 'end' }), {}, [sub]),
      ['error exit-unknown: flow "permits", node "sub": flow "address" never ends with "lost"'],
    ],
    [
      'a skip that is never offered',
      () =>
        problemsOf([
          {
            id: 'a',
            type: 'ask',
            text: text('اسمك؟', 'Name?'),
            answer: { kind: 'name' },
            save: 'name',
            exits: { next: 'end', skip: 'end' },
          },
          end,
        ]),
      ['error kind: flow "permits", node "a": exit "skip" is never taken: set "optional"'],
    ],
    [
      'a set that sets nothing',
      () => problemsOf([{ id: 's', type: 'set', exits: { next: 'end' } }, end]),
      ['error kind: flow "permits", node "s": sets nothing: expected values, language or consent'],
    ],
    [
      'a branch case named else',
      () =>
        problemsOf([{ id: 'b', type: 'branch', cases: [{ exit: 'else', when: 'true' }], exits: { else: 'end' } }, end]),
      ['error kind: flow "permits", node "b": a case may not be named "else", which is taken when none holds'],
    ],
    [
      'a body on a GET call',
      () =>
        problemsOf([
          {
            id: 'c',
            type: 'call',
            method: 'GET',
            url: 'https://example.org/x',
            body: { a: '1' },
            exits: { next: 'end', failed: 'out' },
          },
          { id: 'out', type: 'handoff' },
          end,
        ]),
      ['error kind: flow "permits", node "c": a GET call has no body'],
    ],
    [
      'a link node without what it needs',
      () =>
        problemsOf([
          { id: 'l', type: 'link', do: 'leave', exits: { unlinked: 'end', 'not-linked': 'end' } },
          { id: 'g', type: 'link', do: 'give-code', exits: { given: 'end', 'too-many': 'out', full: 'out' } },
          { id: 'out', type: 'handoff' },
          end,
        ]),
      [
        'error node-unreachable: flow "permits", node "g": no way leads here',
        'error node-unreachable: flow "permits", node "out": no way leads here',
        'error kind: flow "permits", node "l": "leave" needs "value"',
        'error kind: flow "permits", node "g": "give-code" needs "text"',
      ],
    ],
    [
      'two survey questions with one name',
      () =>
        problemsOf([
          {
            id: 's',
            type: 'survey',
            survey: 'x',
            questions: [
              { id: 'a', text: text('كيف؟', 'How?'), scale: 'csat' },
              { id: 'a', text: text('وكيف؟', 'And how?'), scale: 'nps' },
            ],
            exits: { next: 'end' },
          },
          end,
        ]),
      ['error kind: flow "permits", node "s": question "a" appears twice'],
    ],
  ];
  it.each(broken.map(([what, run, expected]) => [what, run, expected] as const))('names %s', (_, run, expected) => {
    expect(run()).toEqual(expected);
  });

  it('names what is wrong with the program as a whole', () => {
    const problems = inspect(
      source([], {
        entryFlowId: 'home',
        intents: {
          bindings: { human: { flow: 'welcome' }, menu: { flow: 'nowhere' }, shrug: { action: 'cancel' } },
          phrases: {
            ar: { human: ['موظف'], menu: ['موظف!'] },
            en: { human: ['officer'], menu: ['menu'], shrug: ['whatever'] },
          },
        },
        faq: {
          matcher,
          entries: [
            {
              id: 'a',
              topic: 't',
              question: text('س', 'q'),
              answer: { ar: '{{org.email}}', en: '{{name}}' },
              phrasings: {},
            },
            { id: 'b', topic: 't', question: text('س', 'q'), answer: { ar: '{{org', en: 'ok' }, phrasings: {} },
          ],
        },
      }),
    );
    expect(problems.map(({ message }) => message)).toEqual([
      'the entry flow "home" does not exist',
      'intents: "menu" leads to unknown flow "nowhere"',
      'intents: "shrug" has no phrase in "ar"',
      'intents: no global intent "human" leads to a handoff, so people cannot ask for an officer',
      'intents: "موظف!" is a phrase of both "human" and "menu"',
      'FAQ "a" in "ar": {{org.email}} is not filled in, so its sentence is left out',
      'FAQ "a" in "en": {{name}} is no fact of the organisation',
      'FAQ "b" in "ar": a placeholder is not closed: expected {{name}}',
    ]);
  });
});

describe('parseFlow', () => {
  const whole = { spec: 1, id: 'permits', version: 1, title: text('عنوان', 'Title'), start: 'a', nodes: [end] };
  it.each([
    ['no flow at all', 7, 'flow "": a flow is expected: { "spec": 1, "id": ..., "nodes": [...] }'],
    [
      'a newer spec',
      { ...whole, spec: 2 },
      'flow "permits": spec: expected 1; this program is too old or the file is no flow',
    ],
    ['an unknown field', { ...whole, colour: 'red' }, 'flow "permits": unknown field "colour"'],
    [
      'an unknown kind of node',
      { ...whole, nodes: [{ id: 'x', type: 'dance' }] },
      'flow "permits", node "x": type: expected one of say, ask, choose, branch, set, faq, recognise, case, case-status, link, survey, handoff, call, wait, flow, end',
    ],
    [
      'a wrong field of a node',
      { ...whole, nodes: [{ id: 'w', type: 'wait', afterMs: 5, exits: {} }] },
      'flow "permits", node "w": afterMs: Too small: expected number to be >=1000',
    ],
    [
      'a reserved name',
      { ...whole, nodes: [{ id: 's', type: 'set', values: { list: '1' }, exits: {} }] },
      'flow "permits", node "s": values.list: this name is reserved',
    ],
    [
      'a text in no language',
      { ...whole, nodes: [{ id: 's', type: 'say', text: {}, exits: {} }] },
      'flow "permits", node "s": text: expected a text in at least one language',
    ],
    [
      'an address that a person could choose',
      { ...whole, nodes: [{ id: 'c', type: 'call', method: 'GET', url: 'https://{{host}}/x', exits: {} }] },
      'flow "permits", node "c": url: expected an address that begins with https:// and a fixed host',
    ],
  ])('names %s', (_, flow, message) => {
    const parsed = parseFlow(flow);
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.message)).toEqual([message]);
  });

  it('names a wrong intent', () => {
    const parsed = parseIntentBindings({ menu: { action: 'jump' } });
    expect(parsed.ok ? [] : parsed.problems.map(({ message }) => message)).toEqual([
      'intents: menu: action: Invalid option: expected one of "back"|"cancel"',
    ]);
  });
});
