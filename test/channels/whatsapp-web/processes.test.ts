import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../support/open-chromium.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { WhatsappStandIn } from '../../support/whatsapp-web/stand-in.ts';
import { findBrowsers, openWorld, slowMs } from './set-up.ts';

const chromium = findChromium('the tests of WhatsApp Web that kill processes');
const parentProgram = join(import.meta.dirname, '../../support/whatsapp-web/parent.ts');

/** The session processes that a process started. */
async function sessionsOf(parentPid: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    if (command.includes('session-process') && status.includes(`PPid:\t${parentPid}\n`)) found.push(Number(name));
  }
  return found;
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(chromium === null)('no browser is left', { timeout: 90_000 }, () => {
  let whatsapp: WhatsappStandIn;
  let dataDir: string;
  const started: ChildProcess[] = [];
  beforeAll(async () => {
    whatsapp = await new WhatsappStandIn().start();
    dataDir = await mkdtemp(join(tmpdir(), 'wasl-whatsapp-web-'));
  });
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await whatsapp.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  const browsers = () => findBrowsers(join(dataDir, 'whatsapp-web'), 'browser');

  /** A process with a session that shows its code. */
  async function startParent(): Promise<{ parent: ChildProcess; sessionPid: number }> {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const options = JSON.stringify({ dataDir, chromiumPath: chromium, chromiumArgs: whatsapp.chromiumArgs });
    const parent = spawn(process.execPath, ['--import', tsx, parentProgram, options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(parent);
    const lines: string[] = [];
    if (parent.stdout) createInterface({ input: parent.stdout }).on('line', (line) => lines.push(line));
    await pollUntil('the session shows a code', () => lines.includes('pairing'), slowMs);
    const [sessionPid = 0] = await sessionsOf(parent.pid ?? 0);
    expect(await browsers()).toHaveLength(1);
    return { parent, sessionPid };
  }

  it('when the parent is killed', async () => {
    const { parent, sessionPid } = await startParent();
    parent.kill('SIGKILL');
    await pollUntil('all are gone', async () => !isAlive(sessionPid) && (await browsers()).length === 0);
  });

  it('when parent and session are killed together', async () => {
    const { parent, sessionPid } = await startParent();
    parent.kill('SIGKILL');
    process.kill(sessionPid, 'SIGKILL');
    await pollUntil('the browser is gone', async () => (await browsers()).length === 0);
  });

  it('when the session is killed: its parent starts a new one', async () => {
    const { parent, sessionPid } = await startParent();
    const [old] = await browsers();
    process.kill(sessionPid, 'SIGKILL');
    await pollUntil(
      'another browser',
      async () => {
        const now = await browsers();
        return now.length === 1 && now[0] !== old;
      },
      slowMs,
    );
    expect(isAlive(old ?? 0)).toBe(false);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await pollUntil('the browser is gone', async () => (await browsers()).length === 0);
  });

  it('when the session hangs and the parent stops', async () => {
    const world = await openWorld(chromium ?? '', { limits: { closeMs: 500 } });
    await world.adapter.start(world.intake);
    await world.reaches('pairing');
    const [sessionPid = 0] = await sessionsOf(process.pid);
    process.kill(sessionPid, 'SIGSTOP');
    await world.adapter.stop();
    await pollUntil('the browser is gone', async () => (await world.browserPids()).length === 0);
    expect(isAlive(sessionPid)).toBe(false);
    await world.close();
  });
});
