import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { connect, serverOptions, type Ask } from './ask-server.ts';

const usage = `Bots and numbers from the terminal. The server must run (npm start).

  npm run channels -- list                               every account, and how linked phones are
  npm run channels -- add CHANNEL ACCOUNT [TITLE...]     whatsapp-cloud, whatsapp-web or telegram; asks for the settings
  npm run channels -- pair whatsapp-web ACCOUNT [PHONE]  asks for a code to link a phone; with PHONE one to type on it
  npm run channels -- remove CHANNEL ACCOUNT             ends it; what it has not sent fails

The server draws QR codes in its own terminal.
Options: --server URL (http://127.0.0.1:3000)  --data-dir DIR (./data, where the token is)  --name NAME`;

/** What is asked for, one a line: secrets are not given as arguments, which other programs of the machine can read. */
const settingsOf: Readonly<Record<string, readonly string[]>> = {
  telegram: ['token'],
  'whatsapp-cloud': ['phoneNumberId', 'accessToken', 'appSecret', 'verifyToken'],
  'whatsapp-web': [],
};

interface Listed {
  readonly channel: string;
  readonly account: string;
  readonly title: string;
  readonly origin: string;
  readonly isPaused: boolean;
  readonly status?: { readonly is: string; readonly code?: string };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: serverOptions });
  const [command, channel, account, ...words] = positionals;
  if (values.help || !command) return console.log(usage);
  const ask = connect(values.server, values['data-dir'], values.name);
  if (command === 'list') return await list(ask);
  if (!channel || !account) throw new Error(usage);
  const path = `/api/channels/${encodeURIComponent(channel)}/${encodeURIComponent(account)}`;
  switch (command) {
    case 'add': {
      const settings = await askForSettings(channel);
      const body = { channel, account, settings, title: words.join(' ') };
      const { check } = (await ask('POST', '/api/channels', body)) as { check: string };
      if (check === 'unreachable') console.log('The platform did not answer: the settings could not be checked.');
      break;
    }
    case 'pair':
      await ask('POST', `${path}/pairing`, words.length > 0 ? { phone: words.join(' ') } : {});
      return await list(ask);
    case 'remove':
      await ask('DELETE', path);
      break;
    default:
      throw new Error(usage);
  }
  console.log('done');
}

async function askForSettings(channel: string): Promise<Record<string, string>> {
  const names = settingsOf[channel];
  if (!names) throw new Error(usage);
  const settings: Record<string, string> = {};
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    for (const name of names) settings[name] = (await terminal.question(`${name}: `)).trim();
  } finally {
    terminal.close();
  }
  return settings;
}

async function list(ask: Ask): Promise<void> {
  const { channels } = (await ask('GET', '/api/channels')) as { channels: Listed[] };
  for (const { channel, account, title, origin, isPaused, status } of channels) {
    const code = status?.code === undefined ? '' : `type this code on the phone: ${status.code}`;
    const state = [origin, isPaused ? 'paused' : '', status?.is ?? '', code].filter(Boolean).join(', ');
    console.log([channel, account, title, state].filter(Boolean).join('  '));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
