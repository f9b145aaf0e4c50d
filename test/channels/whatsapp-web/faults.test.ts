import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../support/open-chromium.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { openWorld, salma, slowMs, type World } from './set-up.ts';

const chromium = findChromium('the faults of WhatsApp Web');

/** The session left `ready` and came back. */
async function recovers(world: World, fault: () => void | Promise<void>): Promise<void> {
  const before = world.statuses.length;
  await fault();
  await pollUntil(
    'the fault is noticed',
    () => world.statuses.slice(before).some(({ is }) => is === 'degraded'),
    slowMs,
  );
  await world.reaches('ready');
}

const kill = (pids: readonly number[]) => {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
};

describe.skipIf(chromium === null)(
  'a linked phone whose browser, page, network or phone fails',
  { timeout: 90_000 },
  () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld(chromium ?? '', { limits: { pulseMs: 3_000, offlineMs: 30_000 } });
      await world.link();
      // A browser keeps what links it some seconds after it has it.
      await world.adapter.stop();
      await world.adapter.start(world.intake);
      await world.reaches('ready');
    }, 90_000);
    afterAll(() => world.close());

    it('starts again linked, without a code to scan', () => {
      expect(world.statuses.filter(({ is }) => is === 'pairing').length).toBe(1);
    });

    it('survives a killed browser, and finds what was written meanwhile, in order', async () => {
      await recovers(world, async () => {
        kill(await world.browserPids());
        await pollUntil('the page is gone', () => !world.whatsapp.isPageOpen);
        for (const body of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7']) world.whatsapp.incoming(salma, { body });
      });
      await pollUntil('all were found', () => world.intake.texts.includes('a7'), slowMs);
      expect(world.intake.texts.filter((text) => text.startsWith('a'))).toEqual([
        'a1',
        'a2',
        'a3',
        'a4',
        'a5',
        'a6',
        'a7',
      ]);
      expect(await world.browserPids()).toHaveLength(1);
    });

    it('survives a crashed page, and sends again', async () => {
      await recovers(world, async () => kill(await world.browserPids('renderer')));
      await world.send(salma, 'after the crash');
      expect(world.whatsapp.sent.at(-1)).toMatchObject({ body: 'after the crash' });
    });

    it('survives a page that hangs, and fails what it was sending as uncertain', async () => {
      world.whatsapp.sendGate = new Promise(() => {});
      const count = world.whatsapp.sent.length;
      const sending = world.send(salma, 'stuck', { signal: AbortSignal.timeout(60_000) });
      sending.catch(() => {});
      await pollUntil('the page sent it', () => world.whatsapp.sent.length > count);
      world.whatsapp.sendGate = null;
      await recovers(world, () => world.whatsapp.hangPage());
      await expect(sending).rejects.toMatchObject({ failure: { is: 'retryable', uncertain: true } });
      await world.send(salma, 'after the hang');
    });

    it('waits out a lost network, and finds what was written meanwhile', async () => {
      const pageLoads = world.whatsapp.pageLoads;
      await recovers(world, async () => {
        world.whatsapp.isOffline = true;
        world.whatsapp.dropConnections();
        await world.reaches('degraded');
        expect(world.adapter.placeToSend?.()).toBe('later');
        await expect(world.send(salma, 'x')).rejects.toMatchObject({ failure: { reason: 'session-not-ready' } });
        world.whatsapp.incoming(salma, { body: 'written offline' });
        world.whatsapp.isOffline = false;
      });
      expect(world.whatsapp.pageLoads).toBe(pageLoads);
      await pollUntil('it was found', () => world.intake.texts.includes('written offline'), slowMs);
    });

    it('wakes a page that synchronised before the library came', async () => {
      world.whatsapp.syncMs = 0;
      await recovers(world, async () => kill(await world.browserPids()));
      world.whatsapp.syncMs = 100;
      await world.send(salma, 'nudged');
    });

    it('shows a new code after the phone logged out, and forgets the old link', async () => {
      const before = world.statuses.length;
      world.whatsapp.logOutFromPhone();
      await world.reaches('pairing');
      expect(world.statuses.slice(before).map(({ is }) => is)).toEqual([
        'logged-out',
        'logged-out',
        'logged-out',
        'pairing',
      ]);
      world.whatsapp.scanQr();
      await world.reaches('ready');
    });

    it('never comes back by itself after a ban, also after a restart, until somebody asks', async () => {
      world.whatsapp.setState('TOS_BLOCK');
      await world.reaches('banned');
      await pollUntil('the browser is gone', async () => (await world.browserPids()).length === 0);
      await world.adapter.stop();
      const next = world.restarted();
      await next.adapter.start(next.intake);
      expect(next.adapter.state().is).toBe('banned');
      expect(await next.browserPids()).toEqual([]);
      next.adapter.wake();
      await next.reaches('ready');
      await next.adapter.stop();
    });
  },
);

describe.skipIf(chromium === null)('a session that nobody has linked', { timeout: 90_000 }, () => {
  let world: World;
  afterEach(() => world.close());

  it('shows each new code, gives one to type, and begins anew when nobody scans', async () => {
    world = await openWorld(chromium ?? '');
    await world.adapter.start(world.intake);
    await world.reaches('pairing');
    const qr = () => {
      const state = world.adapter.state();
      return state.is === 'pairing' ? state.qr : '';
    };
    const first = qr();
    world.whatsapp.newQr();
    await pollUntil('a new code', () => qr() !== first && qr() !== '');
    expect(await world.adapter.requestPairingCode('+966 50 000 0000')).toBe('ABCD1234');
    expect(world.adapter.state()).toMatchObject({ is: 'pairing', code: 'ABCD1234' });
    const loads = world.whatsapp.pageLoads;
    world.whatsapp.setState('UNPAIRED_IDLE');
    await pollUntil('the page is loaded again', () => world.whatsapp.pageLoads > loads, slowMs);
    await world.reaches('pairing');
    expect(await world.browserPids()).toHaveLength(1);
  });

  it('gives up a server that is silent, and a page that the library does not know, leaving no browser behind', async () => {
    world = await openWorld(chromium ?? '', { limits: { startMs: 3_000 } });
    world.whatsapp.isSilent = true;
    await world.adapter.start(world.intake);
    const restarts = () =>
      world.log.lines.filter(({ fields }) => 'stage' in fields && fields.stage === 'pausing').length;
    await pollUntil('it is closed', () => restarts() === 1, slowMs);
    expect(await world.browserPids()).toEqual([]);
    world.whatsapp.isSilent = false;
    world.whatsapp.isChanged = true;
    await pollUntil('it is closed', () => restarts() === 2, slowMs);
    world.whatsapp.isChanged = false;
    await world.reaches('pairing');
    expect(await world.browserPids()).toHaveLength(1);
  });
});
