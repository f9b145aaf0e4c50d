import { z } from 'zod';
import type { Json } from '../../domain/effect.ts';
import type { LinkAct } from '../../domain/link.ts';
import { channelName, shownLinkCode } from '../link-words.ts';
import { expressionSchema, nodeBase, variableSchema } from '../names.ts';
import { defineKind, leave, stay, unexpected, type CompiledText, type Move } from '../node-kind.ts';
import type { Run } from '../run.ts';
import { textSchema } from '../text.ts';
import { askWhich, channelsOf, repeatWhich, takeWhich } from './link-pick.ts';

const acts = ['list', 'give-code', 'ask-code', 'check-code', 'join', 'pick', 'leave'] as const;
type Act = (typeof acts)[number];

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('link'),
    do: z
      .enum(acts)
      .describe(
        'list: which other channels the person has; give-code: shows a code here; ask-code: sends one to the conversation of a case; ' +
          'check-code: looks at a typed code; join: links, after a yes; pick: asks which channel; leave: unlinks it',
      ),
    value: expressionSchema
      .optional()
      .describe(
        'What it is about: the reference (ask-code), the code (check-code), what check-code or pick saved (join, leave)',
      ),
    text: textSchema.optional().describe('For give-code, with {{code}}; for pick, the question'),
    save: variableSchema
      .optional()
      .describe(
        'Variable that gets the names of the channels (list; none when alone), or what join or leave needs (check-code, pick); shown as a name',
      ),
  })
  .describe('Links this conversation with the person’s other channels');

type LinkNode = z.infer<typeof schema>;

/** What each act may come to: exits by which all is well, and others that need help. */
const outcomes: Readonly<Record<Act, { readonly well: readonly string[]; readonly badly: readonly string[] }>> = {
  list: { well: ['linked', 'alone'], badly: [] },
  'give-code': { well: ['given'], badly: ['too-many', 'full'] },
  'ask-code': { well: ['asked', 'own'], badly: ['too-many'] },
  'check-code': {
    well: ['found', 'linked-already'],
    badly: ['wrong', 'expired', 'used', 'own', 'linked-elsewhere', 'full', 'gone', 'too-many'],
  },
  join: { well: ['linked'], badly: ['expired', 'linked-elsewhere', 'full', 'gone'] },
  pick: { well: ['picked', 'nothing', 'alone'], badly: [] },
  leave: { well: ['unlinked', 'not-linked'], badly: [] },
};

const needs: Readonly<Record<Act, readonly ('value' | 'text' | 'save')[]>> = {
  list: [],
  'give-code': ['text'],
  'ask-code': ['value'],
  'check-code': ['value', 'save'],
  join: ['value'],
  pick: ['text', 'save'],
  leave: ['value'],
};

/**
 * Links and unlinks channels of one person, a step at a time; the exit taken is named like what came of it. Codes are made, counted and
 * looked at by the runtime. A code is shown once, as `{{code}}` in `text`, and kept in no variable. Nothing before a `join` or `leave` can
 * be asked again with «back».
 *
 * @example
 * { "id": "check", "type": "link", "do": "check-code", "value": "typed", "save": "known", "exits": { "found": "agree", "linked-already": "done", "wrong": "again", "expired": "again", "used": "again", "own": "elsewhere", "linked-elsewhere": "elsewhere", "full": "help", "gone": "help", "too-many": "help" } }
 */
export const link = defineKind<LinkNode>({
  type: 'link',
  schema,
  outline: (node) => ({
    exits: [
      ...outcomes[node.do].well.map((name) => ({ name, required: true })),
      ...outcomes[node.do].badly.map((name) => ({ name, required: true, isFailure: true })),
      { name: 'failed', required: false, isFailure: true },
    ],
    texts: node.text === undefined ? [] : [{ field: 'text', text: node.text }],
    expressions: node.value === undefined ? [] : [{ field: 'value', source: node.value }],
    writes: [...(node.save === undefined ? [] : [node.save]), ...(node.do === 'give-code' ? ['code'] : [])],
    waits: node.do === 'pick' ? 'person' : 'result',
  }),
  check: (node) =>
    needs[node.do].filter((field) => node[field] === undefined).map((field) => `"${node.do}" needs "${field}"`),
  compile: (node, compiler) => {
    const value = node.value === undefined ? null : compiler.expression(node.value);
    const text: CompiledText = node.text === undefined ? noText : compiler.text(node.text);
    const ask = (run: Run, act: LinkAct): Move => {
      const wait = run.open('result');
      run.emit({ type: 'link', key: wait.id, act });
      return stay;
    };
    return {
      enter: (run) => {
        const given = value === null ? null : run.evaluate(value);
        return ask(run, toAct(node.do, typeof given === 'string' || typeof given === 'number' ? String(given) : ''));
      },
      ...(node.do === 'pick' ? { repeat: (run: Run) => repeatWhich(run, text) } : {}),
      receive: (run, input) => {
        if (input.type !== 'result') {
          return node.do === 'pick' ? takeWhich(run, input, text, node.save ?? '') : unexpected;
        }
        const { result } = input;
        const is = wordOf(result, 'is');
        if (node.do === 'pick' && is === 'linked') return askWhich(run, result, text);
        if (is === 'given') showCode(run, wordOf(result, 'code'), text);
        if (node.save !== undefined && node.do === 'list')
          run.set(node.save, is === 'linked' ? namesOf(run, result) : null);
        if (node.save !== undefined && is === 'found') {
          const shown = channelName(run.program.templates, run.language, wordOf(result, 'channel'));
          run.set(node.save, wordOf(result, 'grant'), shown);
        }
        return leave(run.hasExit(is) ? is : 'failed');
      },
    };
  },
});

const noText: CompiledText = { render: () => '', question: () => '' };

function toAct(act: Act, value: string): LinkAct {
  switch (act) {
    case 'ask-code':
      return { do: act, reference: value };
    case 'check-code':
      return { do: act, code: value };
    case 'join':
      return { do: act, grant: value };
    case 'leave':
      return { do: act, target: value };
    case 'pick':
      return { do: 'list' };
    case 'list':
    case 'give-code':
      return { do: act };
    default:
      return act satisfies never;
  }
}

/** The code stands in its variable for as long as it takes to say it. */
function showCode(run: Run, digits: string, text: CompiledText): void {
  run.set('code', shownLinkCode(digits));
  run.say(text.question(run));
  run.set('code', null);
}

function namesOf(run: Run, result: Json): string[] {
  return channelsOf(result).map(({ channel }) => channelName(run.program.templates, run.language, channel));
}

function wordOf(result: Json, name: string): string {
  if (typeof result !== 'object' || result === null || !Object.hasOwn(result, name)) return '';
  const word = (result as { readonly [key: string]: Json })[name]; // An own key of an object or list.
  return typeof word === 'string' ? word : '';
}
