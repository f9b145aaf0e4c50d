import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { connect, serverOptions, type Ask } from './ask-server.ts';

const usage = `Answer people from the terminal. The server must run (npm start).

  npm run officer -- list                        who waits for an officer, urgent first
  npm run officer -- mine                        whom officers answer now
  npm run officer -- show ID                     the conversation, newest line last
  npm run officer -- claim ID                    take it: the bot falls silent
  npm run officer -- reply ID TEXT...            write to the person
  npm run officer -- note ID TEXT...             a note only officers see
  npm run officer -- release ID                  give it back to the bot
  npm run officer -- close ID                    done: the person is asked how it was
  npm run officer -- resend ID MESSAGE-ID        send a failed message once more

Options: --server URL (http://127.0.0.1:3000)  --data-dir DIR (./data, where the token is)  --name NAME`;

interface Listed {
  readonly id: string;
  readonly channel: string;
  readonly personName?: string;
  readonly officer?: { readonly name: string };
  readonly handoff?: {
    readonly since: number;
    readonly reason: string;
    readonly urgency: string;
    readonly summary?: string;
  };
}

interface Line {
  readonly id: string;
  readonly direction: 'in' | 'out' | 'note';
  readonly at: number;
  readonly status?: string;
  readonly failure?: string;
  readonly content: { readonly type: string; readonly text?: string; readonly label?: string };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: serverOptions });
  const [command, id, ...words] = positionals;
  if (values.help || !command) return console.log(usage);
  const ask = connect(values.server, values['data-dir'], values.name);
  if (command === 'list' || command === 'mine') return await list(ask, command === 'list' ? 'queue' : 'officer');
  if (!id) throw new Error(usage);

  const path = `/api/conversations/${encodeURIComponent(id)}`;
  const requestId = randomUUID();
  switch (command) {
    case 'show':
      return await show(ask, path);
    case 'claim':
      await ask('POST', `${path}/claim`, { requestId, officerName: values.name });
      break;
    case 'reply':
      await ask('POST', `${path}/reply`, { requestId, text: words.join(' ') });
      break;
    case 'note':
      await ask('POST', `${path}/notes`, { requestId, text: words.join(' ') });
      break;
    case 'release':
    case 'close':
      await ask('POST', `${path}/${command}`, { requestId });
      break;
    case 'resend':
      await ask('POST', `${path}/messages/${encodeURIComponent(words[0] ?? '')}/resend`, { requestId });
      break;
    default:
      throw new Error(usage);
  }
  console.log('done');
}

async function list(ask: Ask, owner: 'queue' | 'officer'): Promise<void> {
  const { conversations } = (await ask('GET', `/api/conversations?owner=${owner}`)) as { conversations: Listed[] };
  if (conversations.length === 0)
    return console.log(owner === 'queue' ? 'Nobody waits.' : 'No officer answers anybody now.');
  for (const one of conversations) {
    const waits = one.handoff
      ? `since ${shownTime(one.handoff.since)}, ${one.handoff.urgency}, ${one.handoff.reason}`
      : '';
    console.log(
      [one.id, one.channel, one.personName ?? '-', one.officer?.name ?? '', waits].filter(Boolean).join('  '),
    );
    if (one.handoff?.summary) console.log(`    ${one.handoff.summary}`);
  }
}

async function show(ask: Ask, path: string): Promise<void> {
  const { messages } = (await ask('GET', `${path}/messages?limit=100`)) as { messages: Line[] };
  const arrows = { in: '<', out: '>', note: '#' } as const;
  for (const line of messages.reverse()) {
    const said = line.content.text ?? line.content.label ?? `[${line.content.type}]`;
    const state = [line.status, line.failure].filter(Boolean).join(', ');
    const status = line.status && line.status !== 'sent' ? `  (${state}: ${line.id})` : '';
    console.log(`${shownTime(line.at)} ${arrows[line.direction]} ${said}${status}`);
  }
}

function shownTime(at: number): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'short', timeStyle: 'short' });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
