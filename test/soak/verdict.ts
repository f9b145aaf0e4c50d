import type { RecordedCall } from '../support/telegram-emulator.ts';
import type { Unrecorded } from './backend.ts';

/** One SIGKILL of one server process. */
export interface Kill {
  readonly at: number;
  /** When the next one was started in its place. */
  readonly restartedAt: number;
  readonly unrecorded: Unrecorded;
}

/**
 * An answer that was given and then forgotten by a kill is excused by the store alone: it must show the message as claimed by the
 * dead process and not yet sent. Besides, no answer may take longer than this to be recorded, however busy the machine is.
 */
export const recordLimitMs = 5_000;

export interface Verdict {
  readonly messages: number;
  readonly replies: number;
  /** Replies taken a second time: their answer was lost on its way, or given and not yet in the store when the process was killed. */
  readonly repeats: { readonly lost: number; readonly unrecorded: number };
  /** The longest time from an answer to the kill that forgot it. */
  readonly longestUnrecordedMs: number;
  /** Nothing here: nothing lost, doubled or out of order. */
  readonly problems: readonly string[];
}

/** What the flow of the soak answers to what a person wrote. */
export function repliesTo(texts: readonly string[]): string[] {
  return texts.map((text, index) => (index === 0 ? 'ready' : `heard ${text}`));
}

/** Judges by what Telegram saw: every message answered once and in order, repeated only where an answer was lost, once for each. */
export function judge({
  written,
  calls,
  kills,
  messageIdOf,
}: {
  written: ReadonlyMap<number, readonly string[]>;
  calls: readonly RecordedCall[];
  kills: readonly Kill[];
  /** The store's id of a reply. */
  messageIdOf: (chat: number, text: string) => string | undefined;
}): Verdict {
  const problems: string[] = [];
  const repeats = { lost: 0, unrecorded: 0 };
  let longestUnrecordedMs = 0;
  let messages = 0;
  let replies = 0;

  for (const [chat, texts] of written) {
    const expected = repliesTo(texts);
    let next = 0;
    const sends = sendsTo(chat, calls);
    for (const [index, { text, call }] of sends.entries()) {
      const before = sends[index - 1];
      if (text === expected[next]) next += 1;
      else if (text !== before?.text)
        problems.push(`chat ${chat}: "${text}" came where "${expected[next] ?? 'nothing'}" was due`);
      else {
        const excuse = excuseOf(before.call, call, kills, messageIdOf(chat, text));
        if (typeof excuse === 'string') problems.push(`chat ${chat}: "${text}" was sent again ${excuse}`);
        else if (excuse.is === 'lost') repeats.lost += 1;
        else {
          repeats.unrecorded += 1;
          longestUnrecordedMs = Math.max(longestUnrecordedMs, excuse.ms);
        }
      }
    }
    if (next < expected.length)
      problems.push(`chat ${chat}: ${expected.length - next} of ${expected.length} unanswered`);
    messages += expected.length;
    replies += next;
  }
  return { messages, replies, repeats, longestUnrecordedMs, problems };
}

/** How many of the replies that are due have been taken. */
export function countAnswered(written: ReadonlyMap<number, readonly string[]>, calls: readonly RecordedCall[]): number {
  const taken = new Set<string>();
  for (const call of calls) if (isTakenSend(call)) taken.add(`${String(call.payload.chat_id)} ${textOf(call)}`);
  let answered = 0;
  for (const [chat, texts] of written) {
    answered += repliesTo(texts).filter((text) => taken.has(`${chat} ${text}`)).length;
  }
  return answered;
}

function sendsTo(chat: number, calls: readonly RecordedCall[]): { text: string; call: RecordedCall }[] {
  return calls
    .filter((call) => isTakenSend(call) && Number(call.payload.chat_id) === chat)
    .map((call) => ({ text: textOf(call), call }));
}

function isTakenSend(call: RecordedCall): boolean {
  return call.method === 'sendMessage' && call.taken;
}

/** Without the marks that keep a number upright in Arabic text. */
function textOf(call: RecordedCall): string {
  return String(call.payload.text).replace(/[\u2066-\u2069\u200e\u200f]/g, '');
}

/** Why a send that was taken came again, or, as a text, why it should not have. */
function excuseOf(
  first: RecordedCall,
  again: RecordedCall,
  kills: readonly Kill[],
  messageId: string | undefined,
): { is: 'lost' } | { is: 'unrecorded'; ms: number } | string {
  if (first.answer !== 'given' || first.answeredAt === undefined) return { is: 'lost' };
  const { answeredAt } = first;
  // The earliest decides: whoever takes the claim over may be killed with it in turn.
  const between = kills
    .filter((kill) => first.at <= kill.restartedAt && kill.at <= again.at)
    .sort((one, other) => one.at - other.at);
  const kill = between.find(({ unrecorded }) => messageId !== undefined && unrecorded.has(messageId));
  if (!kill) {
    const kept = between.map((one) => `${one.at - answeredAt} ms after`).join(', ') || 'never';
    return `${again.at - answeredAt} ms after its answer, though no kill found it unrecorded (killed: ${kept})`;
  }
  const ms = Math.max(0, kill.at - answeredAt);
  return ms > recordLimitMs ? `since its answer was not recorded for ${ms} ms` : { is: 'unrecorded', ms };
}
