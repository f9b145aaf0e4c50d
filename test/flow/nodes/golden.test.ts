import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Effect } from '../../../src/domain/effect.ts';
import { conversationTestSchema, runConversationTest } from '../../../src/flow/conversation-test.ts';
import { nodeKinds } from '../../../src/flow/nodes/index.ts';
import { parseFlow } from '../../../src/flow/parse.ts';
import { toProgram } from '../support/program.ts';

const folder = new URL('../conversations/', import.meta.url);
const fileSchema = z.strictObject({ flows: z.array(z.unknown()), conversations: z.array(conversationTestSchema) });

const goldens = readdirSync(folder).map((name) => {
  const file = fileSchema.parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
  const flows = file.flows.map((source) => {
    const parsed = parseFlow(source);
    if (!parsed.ok) throw new Error(`${name}: ${parsed.problems.map(({ message }) => message).join('; ')}`);
    return parsed.value;
  });
  return { kind: name.replace('.json', ''), flows, program: toProgram(flows), conversations: file.conversations };
});

// The compiler refuses this list when an effect is missing.
const effectTypes: Readonly<Record<Effect['type'], true>> = {
  send: true,
  'set-timer': true,
  'cancel-timer': true,
  'hand-over': true,
  'open-case': true,
  'find-case': true,
  link: true,
  call: true,
  'record-survey': true,
  'record-question': true,
  'set-language': true,
  'set-consent': true,
  'erase-person': true,
  'record-failure': true,
};

describe.each(goldens)('$kind', ({ conversations, program }) => {
  it.each(conversations.map((conversation) => [conversation.title, conversation] as const))('%s', (_, conversation) => {
    expect(runConversationTest(program, conversation).failures).toEqual([]);
  });
});

describe('golden conversations', () => {
  it.each(nodeKinds.map(({ type }) => type))(
    'exist for %s, in Arabic or English, with such a node in their flows',
    (type) => {
      const golden = goldens.find(({ kind }) => kind === type);
      expect(golden?.flows.some(({ nodes }) => nodes.some((node) => node.type === type))).toBe(true);
      expect(golden?.conversations.length).toBeGreaterThan(0);
    },
  );

  it('see every effect', () => {
    const seen = new Set(
      goldens.flatMap(({ conversations, program }) =>
        conversations.flatMap((conversation) =>
          runConversationTest(program, conversation).reactions.flatMap(({ sent, effects }) => [
            ...sent.map(() => 'send'),
            ...effects.map(({ type }) => type),
          ]),
        ),
      ),
    );
    expect([...seen].sort()).toEqual(Object.keys(effectTypes).sort());
  });
});

describe('the sample of a node kind', () => {
  const sources = new URL('../../../src/flow/nodes/', import.meta.url);
  it.each(nodeKinds.map((kind) => [kind.type, kind] as const))('%s is in its docstring and parses', (type, kind) => {
    const source = readFileSync(new URL(`${type}.ts`, sources), 'utf8');
    const sample = /@example\n((?: \*.*\n)+?) \*\//.exec(source)?.[1]?.replaceAll(/^ \* ?/gm, '');
    const node: unknown = JSON.parse(sample ?? 'null');
    expect(kind.schema.safeParse(node)).toMatchObject({ success: true, data: { type } });
  });
});
