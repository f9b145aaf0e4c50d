import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repliesTo } from '../soak/verdict.ts';
import { echoFlows, ownServer, removeBuilt, type OwnServer } from './own-server.ts';

let own: OwnServer;
beforeEach(async () => {
  own = await ownServer();
});
afterEach(() => own.remove());
afterAll(removeBuilt);

describe('a start', () => {
  it.each([
    ['PORT', { PORT: 'eighty' }],
    ['ROLE', { ROLE: 'worker' }],
    ['TELEGRAM_BOT_TOKEN', { TELEGRAM_BOT_TOKEN: 'secret' }],
    ['TELEGRAM_WEBHOOK_SECRET', { TELEGRAM_MODE: 'webhook', PUBLIC_URL: 'https://wasl.example.org' }],
    ['SECRET_KEY', { SECRET_KEY: 'short' }],
    ['FLOWS_DIR', { FLOWS_DIR: '/nowhere' }],
  ])('is refused with one line that names %s when that is wrong', async (name, settings) => {
    const server = own.start(settings);
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.lines).toHaveLength(1);
    expect(server.lines[0]).toMatch(new RegExp(`^${name}: expected .+, for example .+`));
  });

  it('is refused in one line while another process holds the data', async () => {
    await own.startReady();
    const second = own.start();
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.lines).toHaveLength(1);
    expect(second.lines[0]).toContain(own.dataDir);
    expect(second.lines[0]).toContain('held by another process');
  });

  it('is refused, and repairs nothing, when SECRET_KEY is not the one that sealed the data', async () => {
    const { server } = await own.startReady({ SECRET_KEY: 'a'.repeat(64) });
    await server.kill();
    const other = own.start({ SECRET_KEY: 'b'.repeat(64) });
    expect(await other.exited).toEqual({ code: 1, signal: null });
    expect(other.lines).toHaveLength(1);
    expect(other.lines[0]).toContain('SECRET_KEY');
    await own.startReady({ SECRET_KEY: 'a'.repeat(64) });
  });

  it('answers its health checks, and takes the time and memory printed here', async () => {
    const { server, url } = await own.startReady({ FLOWS_DIR: 'flows' });
    const firstMs = Date.now() - server.startedAt;
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: 'ready', missing: [] });
    await server.kill();

    const again = await own.startReady({ FLOWS_DIR: 'flows' });
    const againMs = Date.now() - again.server.startedAt;
    await pause(2_000);
    const status = await readFile(`/proc/${again.server.pid}/status`, 'utf8').catch(() => '');
    const residentMb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
    console.log(
      `start to ready: ${firstMs} ms the first time, ${againMs} ms again; resident when idle: ${residentMb.toFixed(0)} MB`,
    );
  });
});

describe('a stop by SIGTERM', () => {
  it('ends with 0 within ten seconds while messages are under way, and nothing is lost or sent again', async () => {
    const { emulator } = own;
    emulator.fault = (method) => (method === 'sendMessage' ? { is: 'delay', ms: 40 + Math.random() * 80 } : undefined);
    const { server } = await own.startReady(echoFlows);
    const chats = Array.from({ length: 40 }, (_, index) => 9_000 + index);
    const texts = Array.from({ length: 10 }, (_, index) => `message ${index}`);
    for (const text of texts) for (const chat of chats) emulator.userWrites(chat, text);
    await emulator.until(() => emulator.callsOf('sendMessage').length > 60, 10_000);
    const stoppedAt = Date.now();
    server.signal('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    const tookMs = Date.now() - stoppedAt;
    console.log(`SIGTERM: ended after ${tookMs} ms with ${emulator.callsOf('sendMessage').length} of 400 replies sent`);
    expect(tookMs).toBeLessThan(10_000);
    expect(emulator.callsOf('sendMessage').length).toBeLessThan(400);
    expect(emulator.callsOf('sendMessage').filter((call) => call.answer !== 'given')).toEqual([]);

    await own.startReady(echoFlows);
    await emulator.until(() => chats.every((chat) => emulator.sentTo(chat).length >= texts.length), 20_000);
    await pause(500);
    for (const chat of chats)
      expect(emulator.sentTo(chat).map(({ text = '' }) => text.replace(/[\u2066-\u2069]/g, ''))).toEqual(
        repliesTo(texts),
      );
  });
});
