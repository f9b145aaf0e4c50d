import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadProgramSource } from '../content/load-program.ts';
import { readConversationTests } from '../content/read-conversation-tests.ts';
import { AppError } from '../domain/errors.ts';
import { runConversationTest } from '../flow/conversation-test.ts';
import { inspect, type Problem } from '../flow/inspect.ts';
import { createProgram } from '../flow/program.ts';

const usage = `Check and test the flows, for whoever edits them and before publishing.

  npm run flows -- check       what is wrong with flows, texts, intents and FAQ; errors end with 1
  npm run flows -- test        plays the conversation tests; a failed one ends with 1

Options: --flows DIR (flows)  --locales DIR (locales)  --tests DIR (test/conversations)
         --only TEXT (test: only files whose name holds it)`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      flows: { type: 'string', default: 'flows' },
      locales: { type: 'string', default: 'locales' },
      tests: { type: 'string', default: join('test', 'conversations') },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  const [command] = positionals;
  const folders = { flowsDir: values.flows, localesDir: values.locales };
  if (command === 'check') return check(folders);
  if (command === 'test') return test(folders, values.tests, values.only);
  console.log(usage);
  return values.help ? 0 : 1;
}

interface Folders {
  readonly flowsDir: string;
  readonly localesDir: string;
}

async function check(folders: Folders): Promise<number> {
  const source = await loadProgramSource({ ...folders, matcher: 'none' });
  const problems = inspect(source);
  const facts = missingFacts(problems);
  for (const problem of problems)
    if (problem.code !== 'fact-missing')
      console.log(`${fileOf(problem, folders.flowsDir)}: ${problem.severity}: ${problem.message}`);
  if (facts.length > 0)
    console.log(
      `${join(folders.flowsDir, 'organisation.json')}: warning: not filled in, so what needs them is left out: ${facts.join(', ')}`,
    );
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.filter(({ severity, code }) => severity === 'warning' && code !== 'fact-missing').length;
  console.log(`${source.flows.length} flows, ${errors} errors, ${warnings + facts.length} warnings`);
  return errors === 0 ? 0 : 1;
}

/** Each fact once, however many texts miss it. */
function missingFacts(problems: readonly Problem[]): string[] {
  const named = problems
    .filter(({ code }) => code === 'fact-missing')
    .flatMap(({ message }) => /\{\{([^}]+)\}\}/.exec(message)?.[1] ?? []);
  return [...new Set(named)].sort();
}

function fileOf({ flow, code }: Problem, folder: string): string {
  if (flow !== undefined) return join(folder, `${flow}.json`);
  return code.startsWith('faq') ? join(folder, 'faq', 'entries.json') : join(folder, 'intents.json');
}

async function test(folders: Folders, testsDir: string, only: string): Promise<number> {
  const program = createProgram(await loadProgramSource({ ...folders, matcher: 'quick' }));
  const files = (await readConversationTests(testsDir)).filter(({ name }) => name.includes(only));
  let passed = 0;
  let failed = 0;
  for (const { name, tests } of files)
    for (const one of tests) {
      const { ok, failures } = runConversationTest(program, one);
      if (ok) passed += 1;
      else {
        failed += 1;
        console.log(`${join(testsDir, name)}: ${one.title}\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
      }
    }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  },
);
