import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { supervise, type SessionAction, type SessionEvent } from '../../../src/channels/whatsapp-web/supervisor.ts';
import {
  deadlineOf,
  defaultLimits as limits,
  initialState,
  statusOf,
  type SupervisorState,
} from '../../../src/channels/whatsapp-web/supervisor-state.ts';

/** Plays events at their times; gives the last state and every action. */
function play(
  events: readonly (readonly [at: number, event: SessionEvent])[],
  known = { isPaired: false, isBanned: false },
) {
  let state = initialState(known, 0);
  const actions: SessionAction[] = [];
  for (const [at, event] of events) {
    const step = supervise(state, event, at);
    state = step.state;
    actions.push(...step.actions);
  }
  return { state, actions, status: statusOf(state) };
}

const start = [0, { is: 'start' }] as const;
const qr = (at: number, text = 'q') => [at, { is: 'qr', qr: text }] as const;
const ready = (at: number) => [at, { is: 'ready', phone: '9665' }] as const;
const pulse = (at: number, state = 'CONNECTED', hasSynced = true) => [at, { is: 'pulse', state, hasSynced }] as const;
const tick = (at: number) => [at, { is: 'tick' }] as const;
const exited = (at: number) => [at, { is: 'exited' }] as const;
const linked = [start, qr(1_000), pulse(2_000), ready(3_000)];

describe('a session that starts', () => {
  it('opens a process, and closes it when nothing comes of it', () => {
    expect(play([start]).actions).toEqual(['open-process']);
    expect(play([start, tick(limits.startMs)]).actions).toEqual(['open-process', 'close-process']);
  });

  it('kills a process that does not close, and opens the next one after a pause', () => {
    const late = limits.startMs + limits.closeMs;
    const events = [start, tick(limits.startMs), tick(late), exited(late + 1), tick(late + 1 + limits.firstPauseMs)];
    expect(play(events).actions).toEqual(['open-process', 'close-process', 'kill-process', 'open-process']);
  });

  it('pauses twice as long after each failure, up to a limit', () => {
    let state = initialState({ isPaired: true, isBanned: false }, 0);
    let at = 0;
    const pauses: number[] = [];
    state = supervise(state, { is: 'start' }, at).state;
    for (let failures = 0; failures < 12; failures += 1) {
      state = supervise(state, { is: 'exited' }, at).state;
      const until = deadlineOf(state) ?? 0;
      pauses.push(until - at);
      at = until;
      state = supervise(state, { is: 'tick' }, at).state;
    }
    expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(pauses.at(-1)).toBe(limits.longestPauseMs);
  });

  it('shows codes while they are good, the first one longer', () => {
    expect(play([start, qr(1_000, 'a')]).status).toEqual({ is: 'pairing', qr: 'a', since: 1_000, expiresAt: 61_000 });
    expect(play([start, qr(1_000, 'a'), qr(61_000, 'b')]).status).toMatchObject({ qr: 'b', expiresAt: 81_000 });
  });

  it('begins anew when nobody scans: the page says so, or shows no new code', () => {
    const idle = play([start, qr(1_000), pulse(2_000, 'UNPAIRED_IDLE'), exited(3_000)]);
    expect(idle).toMatchObject({ actions: ['open-process', 'close-process'], status: { is: 'unpaired' } });
    const overdue = 61_000 + limits.lateQrMs;
    expect(play([start, qr(1_000), pulse(overdue - 1, 'UNPAIRED'), tick(overdue)]).actions).toContain('close-process');
  });
});

describe('a session that is being linked', () => {
  it('is ready once, however often it is told', () => {
    const { actions, status } = play([...linked, ready(4_000)]);
    expect(actions).toEqual(['open-process', 'remember', 'catch-up']);
    expect(status).toEqual({ is: 'ready', since: 3_000, phone: '9665' });
  });

  it('is nudged when the page has synchronised and the library has not heard, and begun anew when that does not help', () => {
    const at = 1_000 + limits.nudgeMs;
    const events = [start, pulse(1_000), pulse(at - 1), pulse(at)];
    expect(play(events).actions).toEqual(['open-process', 'nudge']);
    const end = 1_000 + limits.readyMs;
    expect(play([...events, pulse(end - 1, 'CONNECTED', false), tick(end)]).actions.at(-1)).toBe('close-process');
  });
});

describe('a linked session', () => {
  it('catches up after every return', () => {
    const { actions, status } = play([...linked, pulse(5_000, 'OPENING'), pulse(6_000)]);
    expect(actions).toEqual(['open-process', 'remember', 'catch-up', 'catch-up']);
    expect(status.is).toBe('ready');
  });

  it.each<[string, SessionEvent]>([
    ['the page crashed', { is: 'fault', reason: 'page-crashed' }],
    ['another browser took over', { is: 'disconnected', state: 'CONFLICT' }],
    ['the process is gone', { is: 'exited' }],
  ])('is degraded, not lost, when %s', (_, event) => {
    expect(play([...linked, [5_000, event]]).status.is).toBe('degraded');
  });

  it('notices a page that says nothing more', () => {
    const { actions, status } = play([...linked, tick(3_000 + limits.pulseMs)]);
    expect(actions.at(-1)).toBe('close-process');
    expect(status).toMatchObject({ is: 'degraded', reason: 'page-silent' });
  });

  it('begins anew when the network stays away', () => {
    const end = 5_000 + limits.offlineMs;
    const events = [...linked, pulse(5_000, 'TIMEOUT'), pulse(end - 1, 'TIMEOUT'), tick(end)];
    expect(play(events).status).toMatchObject({ is: 'degraded', reason: 'no-connection' });
  });

  it.each<[string, SessionEvent]>([
    ['the library says so', { is: 'logged-out' }],
    ['the library lets go', { is: 'disconnected', state: 'UNPAIRED' }],
    ['the page says so', { is: 'pulse', state: 'UNPAIRED', hasSynced: true }],
  ])('forgets the link when the phone logged out (%s), and asks to be paired again', (_, event) => {
    const { actions, status } = play([...linked, [5_000, event]]);
    expect(actions.slice(-3)).toEqual(['remember', 'wipe-profile', 'close-process']);
    expect(status.is).toBe('logged-out');
  });

  it.each(['TOS_BLOCK', 'SMB_TOS_BLOCK'])('stays away after %s until somebody wakes it', (state) => {
    const { actions, ...banned } = play([...linked, [5_000, { is: 'disconnected', state }], exited(6_000)]);
    expect(actions.filter((action) => action === 'open-process')).toHaveLength(1);
    expect(banned.status.is).toBe('banned');
    expect(deadlineOf(banned.state)).toBeNull();
    expect(supervise(banned.state, { is: 'tick' }, 1e12).actions).toEqual([]);
    expect(supervise(banned.state, { is: 'wake' }, 1e12).actions).toEqual(['remember', 'open-process']);
  });
});

describe('whatever happens', () => {
  const event = fc.oneof(
    ...(['start', 'stop', 'wake', 'tick', 'logged-out', 'exited'] as const).map((is) =>
      fc.constant<SessionEvent>({ is }),
    ),
    fc.constant<SessionEvent>({ is: 'qr', qr: 'q' }),
    fc.constant<SessionEvent>({ is: 'ready', phone: '1' }),
    fc.constantFrom('fault', 'other').map((reason): SessionEvent => ({ is: 'fault', reason })),
    fc
      .record({
        state: fc.constantFrom('CONNECTED', 'OPENING', 'UNPAIRED', 'UNPAIRED_IDLE', 'TOS_BLOCK', null),
        hasSynced: fc.boolean(),
      })
      .map((fields): SessionEvent => ({ is: 'pulse', ...fields })),
    fc.constantFrom('CONFLICT', 'UNPAIRED', 'TOS_BLOCK').map((state): SessionEvent => ({ is: 'disconnected', state })),
  );

  it('has at most one process, waits for something or is at rest, and ends when told to', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(200_000)), { maxLength: 40 }), (steps) => {
        let state: SupervisorState = initialState({ isPaired: false, isBanned: false }, 0);
        let now = 0;
        let processes = 0;
        const happen = (one: SessionEvent) => {
          // Only a process that is there can end or speak.
          const needsProcess = !['start', 'stop', 'wake', 'tick'].includes(one.is);
          if (needsProcess && processes === 0) return;
          if (one.is === 'exited') processes -= 1;
          const step = supervise(state, one, now);
          state = step.state;
          processes += step.actions.filter((action) => action === 'open-process').length;
          expect(processes).toBeLessThanOrEqual(1);
          const isAtRest = state.stage.is === 'off' || state.stage.is === 'banned';
          expect(deadlineOf(state) === null).toBe(isAtRest);
        };
        for (const [one, after] of steps) {
          now += after;
          happen(one);
        }
        happen({ is: 'stop' });
        if (processes === 1) happen({ is: 'exited' });
        expect(state.stage.is).toBe('off');
        expect(processes).toBe(0);
      }),
    );
  });
});
