import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { loadProgramSource } from '../content/load-program.ts';
import { AppError } from '../domain/errors.ts';
import { createProgram } from '../flow/program.ts';
import { commands, createTerminalChat } from './terminal-chat.ts';

const usage = `Talk to the flows in the terminal, without any channel or server.

  npm run chat                           as a newcomer, in Arabic
  npm run chat -- --language en --known  in English, as somebody who has agreed before
  npm run chat -- --flow assistance      begins with one flow
  npm run chat -- --record FILE          keeps what is played as a conversation test

Options: --flows DIR (flows)  --locales DIR (locales)  --closed (outside office hours)

While talking, type a text or the number of a choice, or:
${commands}`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      flows: { type: 'string', default: 'flows' },
      locales: { type: 'string', default: 'locales' },
      language: { type: 'string', default: 'ar' },
      flow: { type: 'string' },
      record: { type: 'string' },
      known: { type: 'boolean', default: false },
      closed: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  console.log('…');
  const source = await loadProgramSource({ flowsDir: values.flows, localesDir: values.locales, matcher: 'quick' });
  const { languages } = source.translate;
  if (!languages.includes(values.language))
    throw new AppError('config-invalid', `--language: expected one of ${languages.join(', ')}`);
  const now = Date.now();
  const chat = createTerminalChat(createProgram(source), {
    language: values.language,
    isKnown: values.known,
    isOpen: !values.closed,
    opensAt: new Date(now + 16 * 60 * 60 * 1000).toISOString(),
    at: now,
  });
  print(values.flow === undefined ? [commands, ''] : chat.start(values.flow));

  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() === '/quit') break;
    print(chat.read(line));
    terminal.prompt();
  }
  terminal.close();
  if (values.record === undefined) return;
  const test = chat.recording(values.flow ?? 'A conversation');
  await writeFile(values.record, `${JSON.stringify(test, null, 2)}\n`);
  console.log(`kept in ${values.record}; give it a title that says what it proves`);
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}

main().catch((error: unknown) => {
  if (!(error instanceof AppError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
