import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadProgramSource } from '../../src/content/load-program.ts';
import { readConversationTests, type ConversationFile } from '../../src/content/read-conversation-tests.ts';
import { normalise } from '../../src/faq/normalise.ts';
import { runConversationTest } from '../../src/flow/conversation-test.ts';
import { inspect } from '../../src/flow/inspect.ts';
import { nodeKindOf } from '../../src/flow/nodes/index.ts';
import { createProgram, type Program, type ProgramSource } from '../../src/flow/program.ts';
import { isKeyedText } from '../../src/flow/text.ts';

const conversationsDir = 'test/conversations';
let source: ProgramSource;
let program: Program;
let conversations: readonly ConversationFile[];

beforeAll(async () => {
  source = await loadProgramSource({ flowsDir: 'flows', localesDir: 'locales', matcher: 'quick' });
  program = createProgram(source);
  conversations = await readConversationTests(conversationsDir);
});

describe('the default flows', () => {
  it('have no errors, and no warnings but facts that only the charity knows', () => {
    const problems = inspect(source).filter(({ code }) => code !== 'fact-missing');
    expect(problems.map(({ message }) => message)).toEqual([]);
  });

  it('offer labels of at most 20 characters but where the wording is fixed by the FAQ', () => {
    const long = [...labels()].filter((label) => [...label].length > 20);
    expect(long.sort()).toEqual(['Complaint or suggestion', 'Only withdraw consent', 'Yes, delete everything']);
  });

  it('name no fact of the organisation themselves', () => {
    const written = source.flows.map((flow) => JSON.stringify(flow)).join('\n');
    expect(written).not.toMatch(/سقيا الخيرية|Suqya|\+966|\b05\d{8}|https?:|@[a-z]/);
  });

  it('are those that the intents and the officers start', () => {
    const ids = source.flows.map(({ id }) => id);
    for (const binding of Object.values(source.intents.bindings))
      if ('flow' in binding) expect(ids).toContain(binding.flow);
    expect(ids).toEqual(expect.arrayContaining(['welcome', 'menu', 'satisfaction-survey']));
  });

  it('register nothing about a person who has not agreed', () => {
    for (const language of source.translate.languages)
      for (const flow of ['assistance', 'volunteer']) {
        const { ok, reactions } = runConversationTest(program, {
          title: 'no consent',
          flow,
          language,
          turns: [{}, { tap: 'no', ended: true, effects: [{ type: 'set-consent', consent: 'withdrawn' }] }],
        });
        expect(ok).toBe(true);
        expect(reactions.flatMap(({ effects }) => effects).some(({ type }) => type === 'open-case')).toBe(false);
      }
  });
});

describe('the conversation tests', () => {
  it('are there for every flow in every language, each under the name of its flow', () => {
    const expected = source.flows.flatMap(({ id }) =>
      source.translate.languages.map((language) => `${id}.${language}.json`),
    );
    expect(conversations.map(({ name }) => name).sort()).toEqual(expected.sort());
  });

  it('reach every node of every flow', () => {
    const visited = new Set<string>();
    const watched = createProgram({
      ...source,
      flows: source.flows,
      translate: source.translate,
    });
    for (const flow of source.flows)
      for (const [id, { step }] of watched.flow(flow.id)?.nodes ?? []) {
        const { enter } = step;
        step.enter = (run) => {
          visited.add(`${flow.id}/${id}`);
          return enter.call(step, run);
        };
      }
    for (const { tests } of conversations) for (const test of tests) runConversationTest(watched, test);
    const missed = source.flows
      .flatMap((flow) => flow.nodes.map(({ id }) => `${flow.id}/${id}`))
      .filter((one) => !visited.has(one));
    expect(missed).toEqual([]);
  });

  it('all pass', () => {
    const failed = conversations.flatMap(({ name, tests }) =>
      tests.flatMap((test) =>
        runConversationTest(program, test).failures.map((failure) => `${name}, ${test.title}: ${failure}`),
      ),
    );
    expect(failed).toEqual([]);
  });

  it('never meet a limit or a broken flow', () => {
    const records = conversations.flatMap(({ tests }) =>
      tests.flatMap((test) =>
        runConversationTest(program, test)
          .reactions.flatMap(({ effects }) => effects)
          .filter(({ type }) => type === 'record-failure'),
      ),
    );
    expect(records).toEqual([]);
  });
});

describe('what texts promise between quotation marks', () => {
  it('can be chosen or typed, when an answer of the FAQ says so', async () => {
    const { entries } = faqSchema.parse(JSON.parse(await readFile('flows/faq/entries.json', 'utf8')));
    const promised = entries.flatMap(({ id, answer }) =>
      Object.values(answer).flatMap((text) => quotedIn(text).map((words) => `${id}: ${words}`)),
    );
    expect(promised.length).toBeGreaterThan(20);
    expect(promised.filter((promise) => !isKept(promise.slice(promise.indexOf(': ') + 2)))).toEqual([]);
  });

  it('can be chosen or typed, when a flow says so', () => {
    const promised = source.flows.flatMap((flow) =>
      texts(flow.nodes).flatMap((text) => quotedIn(text).map((words) => `${flow.id}: ${words}`)),
    );
    expect(promised.length).toBeGreaterThan(20);
    expect(promised.filter((promise) => !isKept(promise.slice(promise.indexOf(': ') + 2)))).toEqual([]);
  });

  it('can be chosen or typed, when the engine says so', async () => {
    const promised: string[] = [];
    for (const language of source.translate.languages)
      promised.push(...quotedIn(await readFile(`locales/${language}/engine.json`, 'utf8')));
    expect(promised.length).toBeGreaterThan(5);
    // The words of the map's own button on a phone.
    expect(promised.filter((words) => !isKept(words) && words !== 'الموقع' && words !== 'Location')).toEqual([]);
  });
});

const faqSchema = z.object({
  entries: z.array(z.object({ id: z.string(), answer: z.record(z.string(), z.string()) })),
});

function quotedIn(text: string): string[] {
  return [...text.matchAll(/«([^»{}]+)»|“([^”{}]+)”/g)].map((found) => found[1] ?? found[2] ?? '');
}

/** An intent's phrase, the label of a choice, or a button of the engine. */
function isKept(words: string): boolean {
  if (program.matchIntent(words) !== null) return true;
  const wanted = normalise(words);
  return [...labels(), ...engineButtons()].some((label) => normalise(label) === wanted);
}

function labels(): Set<string> {
  const found = new Set<string>();
  for (const { nodes } of source.flows)
    for (const node of nodes)
      for (const label of nodeKindOf(node.type)?.outline(node).choices?.labels ?? [])
        if (!isKeyedText(label)) for (const text of Object.values(label)) found.add(text);
  return found;
}

function texts(nodes: ProgramSource['flows'][number]['nodes']): string[] {
  return nodes.flatMap((node) =>
    (nodeKindOf(node.type)?.outline(node).texts ?? []).flatMap(({ text }) =>
      isKeyedText(text) ? [] : Object.values(text),
    ),
  );
}

function engineButtons(): string[] {
  const { languages, template } = source.translate;
  return languages.flatMap((language) =>
    ['skip', 'done', 'again', 'human', 'menu', 'yes', 'no', 'enough', 'another', 'not-mine', 'none'].flatMap(
      (key) => template(language, `engine:button-${key}`) ?? [],
    ),
  );
}
