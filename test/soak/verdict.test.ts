import { describe, expect, it } from 'vitest';
import type { RecordedCall } from '../support/telegram-emulator.ts';
import { judge, type Kill } from './verdict.ts';

const written = new Map([[1, ['message 0', 'message 1', 'message 2']]]);

function send(text: string, at: number, change: Partial<RecordedCall> = {}): RecordedCall {
  const payload = { chat_id: '1', text };
  return {
    method: 'sendMessage',
    payload,
    at,
    taken: true,
    status: 200,
    answer: 'given',
    answeredAt: at + 5,
    ...change,
  };
}

const [ready, one, two] = [send('ready', 100), send('heard message 1', 200), send('heard message 2', 300)];

function problemsOf(calls: readonly RecordedCall[], kills: readonly Kill[] = []): readonly string[] {
  return judge({ written, calls, kills, messageIdOf: (_chat, text) => `id of ${text}` }).problems;
}

function killAt(at: number, ...unrecorded: string[]): Kill {
  return { at, restartedAt: at + 10, unrecorded: new Set(unrecorded.map((text) => `id of ${text}`)) };
}

describe('the verdict of a soak', () => {
  it('finds nothing where every message was answered once and in order', () => {
    expect(problemsOf([ready, one, two])).toEqual([]);
  });

  it('finds a message without an answer, and does not count what was refused', () => {
    expect(problemsOf([ready, one, send('heard message 2', 300, { taken: false, status: 502 })])).toEqual([
      'chat 1: 1 of 3 unanswered',
    ]);
  });

  it('finds answers that changed places', () => {
    expect(problemsOf([ready, two, one])).toContain('chat 1: "heard message 2" came where "heard message 1" was due');
  });

  it('finds an answer sent again after a later one', () => {
    expect(problemsOf([ready, one, two, send('heard message 1', 400)])).toHaveLength(1);
  });

  it('finds an answer sent again without a reason, or beside a kill that found it recorded', () => {
    const again = send('heard message 1', 250);
    expect(problemsOf([ready, one, again, two])).toHaveLength(1);
    expect(problemsOf([ready, one, again, two], [killAt(206)])).toHaveLength(1);
    expect(problemsOf([ready, one, again, two], [killAt(260, 'heard message 1')])).toHaveLength(1);
  });

  it('excuses one repeat for each lost answer', () => {
    const lost = { ...one, answer: 'lost' as const };
    expect(problemsOf([ready, lost, send('heard message 1', 250), two])).toEqual([]);
    expect(problemsOf([ready, lost, send('heard message 1', 250), send('heard message 1', 260), two])).toHaveLength(1);
  });

  it('excuses a repeat after a kill that found the message claimed and not recorded, unless that lasted too long', () => {
    const again = send('heard message 1', 9_250);
    const calls = [ready, one, again, { ...two, at: 9_300 }];
    expect(problemsOf(calls, [killAt(206, 'heard message 1')])).toEqual([]);
    expect(problemsOf(calls, [killAt(9_206, 'heard message 1')])).toHaveLength(1);
    const takenOver = [killAt(9_206, 'heard message 1'), killAt(206, 'heard message 1')];
    expect(problemsOf(calls, takenOver)).toEqual([]);
  });
});
