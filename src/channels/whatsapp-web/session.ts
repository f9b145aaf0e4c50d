import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChannelStatus, Intake } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { SessionSettings } from './protocol.ts';
import { createReceiver } from './receive.ts';
import { startSessionChild, type SessionChild, type Told } from './session-child.ts';
import type { SessionMemory } from './session-memory.ts';
import { clearProfile } from './stale-browser.ts';
import { supervise, type SessionAction, type SessionEvent } from './supervisor.ts';
import { deadlineOf, initialState, statusOf, type SupervisorLimits } from './supervisor-state.ts';

export interface Session {
  status(): ChannelStatus;
  /** The process that can send now; null in every state but ready. */
  readyChild(): SessionChild | null;
  /** Any process there is, for what needs no linked phone. */
  child(): SessionChild | null;
  tell(event: SessionEvent): void;
  /** Resolves when the process, its browser and what they left are gone. */
  stop(): Promise<void>;
}

/** Where the library's `LocalAuth` keeps what links an account's browser to the phone. */
export function profileDirOf(dataDir: string, account: string): string {
  return join(profilesDirOf(dataDir), `session-${account}`);
}

export function profilesDirOf(dataDir: string): string {
  return join(dataDir, 'whatsapp-web');
}

/** Runs the supervisor's decisions: the process, its deadline, its memory. */
export function startSession(options: {
  settings: SessionSettings;
  intake: Intake;
  memory: SessionMemory;
  limits: SupervisorLimits;
  clock: Clock;
  log: Log;
  onStatus: (status: ChannelStatus) => void;
  onReceipt: (messageId: string, grade: number) => void;
}): Session {
  const { settings, intake, memory, limits, clock, log, onStatus } = options;
  const { account } = settings;
  // As `LocalAuth` of whatsapp-web.js names it.
  const profileDir = join(settings.profilesDir, `session-${account}`);
  const receiver = createReceiver({ account, intake, memory, clock, log });
  let state = initialState(memory.known(), clock.now());
  let child: SessionChild | null = null;
  let isWiping = false;
  let cancelTick = () => {};
  let stopped: (() => void)[] = [];

  function tell(event: SessionEvent): void {
    const before = statusOf(state);
    const step = supervise(state, event, clock.now(), limits);
    const stageBefore = state.stage.is;
    state = step.state;
    if (state.stage.is !== stageBefore) {
      log.info({ channel: 'whatsapp-web', account, stage: state.stage.is, reason: state.reason }, 'the session moved');
    }
    for (const action of step.actions) act(action);
    cancelTick();
    const deadline = deadlineOf(state, limits);
    if (deadline !== null) {
      cancelTick = clock.after(Math.max(1, deadline - clock.now()), () => tell({ is: 'tick' }));
    }
    const after = statusOf(state);
    if (JSON.stringify(after) !== JSON.stringify(before)) onStatus(after);
    if (state.stage.is === 'off') for (const resolve of stopped.splice(0)) resolve();
  }

  function act(action: SessionAction): void {
    switch (action) {
      case 'open-process':
        void openProcess();
        return;
      case 'close-process':
        receiver.stop();
        child?.tell({ is: 'close' });
        return;
      case 'kill-process':
        child?.kill();
        return;
      case 'nudge':
        child?.tell({ is: 'nudge' });
        return;
      case 'wipe-profile':
        isWiping = true;
        return;
      case 'catch-up':
        void linked();
        return;
      case 'remember':
        keep(memory.remember({ isPaired: state.isPaired, isBanned: state.isBanned }));
    }
  }

  async function linked(): Promise<void> {
    const readyChild = child;
    if (state.stage.is !== 'ready' || !readyChild) return;
    await memory.linkedTo(state.stage.phone).catch(warnOfMemory);
    await receiver.catchUp(readyChild);
  }

  async function openProcess(): Promise<void> {
    try {
      await mkdir(settings.profilesDir, { recursive: true, mode: 0o700 });
      await clearProfile(profileDir);
    } catch (error) {
      log.warn({ channel: 'whatsapp-web', account, error }, 'the profile could not be made ready');
    }
    // The order may have been taken back meanwhile; the supervisor then waits for an end.
    if (state.stage.is !== 'starting') return tell({ is: 'exited' });
    const opened = startSessionChild({
      settings,
      profileDir,
      onReport: (report) => {
        if (child === opened) hear(report, opened);
      },
      onExit: () => void closed(opened),
    });
    child = opened;
  }

  async function closed(gone: SessionChild): Promise<void> {
    if (child !== gone) return;
    child = null;
    receiver.stop();
    if (isWiping) {
      isWiping = false;
      await rm(profileDir, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) =>
        log.warn({ channel: 'whatsapp-web', account, error }, 'the profile could not be removed'),
      );
    }
    tell({ is: 'exited' });
  }

  function hear(report: Told, from: SessionChild): void {
    switch (report.is) {
      case 'messages':
        void receiver.store(report.messages, from);
        return;
      case 'behind':
        void receiver.catchUp(from);
        return;
      case 'grade':
        options.onReceipt(report.messageId, report.grade);
        return;
      default:
        tell(report);
    }
  }

  function keep(write: Promise<void>): void {
    write.catch(warnOfMemory);
  }

  function warnOfMemory(error: unknown): void {
    log.warn({ channel: 'whatsapp-web', account, error }, 'what the session knows could not be kept');
  }

  tell({ is: 'start' });
  return {
    status: () => statusOf(state),
    readyChild: () => (state.stage.is === 'ready' ? child : null),
    child: () => child,
    tell,
    async stop() {
      const done = new Promise<void>((resolve) => stopped.push(resolve));
      tell({ is: 'stop' });
      await done;
      cancelTick();
      receiver.stop();
      stopped = [];
    },
  };
}
