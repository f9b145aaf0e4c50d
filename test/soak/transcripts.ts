import type { OutboundMessage, TranscriptLine } from '../../src/domain/conversation.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import type { Store } from '../../src/ports/store.ts';
import type { ConversationId } from '../../src/domain/ids.ts';
import type { Address } from '../../src/domain/message.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import { silentLog } from '../support/world.ts';
import { repliesTo } from './verdict.ts';

/** One line as it was kept. */
interface KeptLine {
  readonly id: string;
  readonly direction: 'in' | 'out' | 'note';
  readonly text: string;
  readonly status?: string;
}

/** Whose conversations. */
export interface Whose {
  readonly chats: readonly number[];
  addressOf(chat: number): Address;
}

/** What each chat's transcript holds, oldest first. */
export type Transcripts = ReadonlyMap<number, readonly KeptLine[]>;

/** Opens what the killed processes wrote, as another process of the same installation would. */
export function openKept(store: Store, secretKey: Buffer): Promise<Repositories> {
  return openRepositories({ store, secretKey, log: silentLog, processes: 'several' });
}

/** Events and messages that still wait. */
export async function countWaiting(repositories: Repositories, { chats, addressOf }: Whose): Promise<number> {
  let waiting = 0;
  for (const chat of chats) {
    const id = repositories.ids.conversation(addressOf(chat));
    waiting += (await repositories.events.waiting(id, 100)).length + (await repositories.messages.lane(id, 100)).length;
  }
  return waiting;
}

export async function readTranscripts(repositories: Repositories, { chats, addressOf }: Whose): Promise<Transcripts> {
  const transcripts = new Map<number, readonly KeptLine[]>();
  for (const chat of chats)
    transcripts.set(chat, await readTranscript(repositories, repositories.ids.conversation(addressOf(chat))));
  return transcripts;
}

/** What is wrong with the kept transcripts: a message missing, twice or out of its place, a reply that is not known to be sent. */
export function judgeTranscripts(
  transcripts: Transcripts,
  written: ReadonlyMap<number, readonly string[]>,
): readonly string[] {
  return [...written].flatMap(([chat, texts]) => {
    const lines = transcripts.get(chat) ?? [];
    const textsOf = (direction: KeptLine['direction']) =>
      lines.filter((line) => line.direction === direction).map(({ text }) => text);
    const unsent = lines.filter((line) => line.direction === 'out' && line.status !== 'sent').length;
    return [
      ...differences(`chat ${chat}, kept as received`, textsOf('in'), texts),
      ...differences(`chat ${chat}, kept as replied`, textsOf('out'), repliesTo(texts)),
      ...(unsent > 0 ? [`chat ${chat}: ${unsent} replies are not kept as sent`] : []),
    ];
  });
}

async function readTranscript(repositories: Repositories, id: ConversationId): Promise<KeptLine[]> {
  const lines: (TranscriptLine | OutboundMessage)[] = [];
  for (;;) {
    const before = lines.at(-1)?.order;
    const page = await repositories.messages.page(id, { limit: 100, ...(before ? { before } : {}) });
    lines.push(...page);
    if (page.length < 100) return lines.reverse().map(toKeptLine);
  }
}

function toKeptLine(line: TranscriptLine | OutboundMessage): KeptLine {
  const { id, direction, content } = line;
  const text = content.type === 'text' ? content.text.replace(/[\u2066-\u2069\u200e\u200f]/g, '') : `(${content.type})`;
  return { id, direction, text, ...('status' in line ? { status: line.status } : {}) };
}

function differences(where: string, found: readonly string[], expected: readonly string[]): string[] {
  const at = Array.from({ length: Math.max(found.length, expected.length) }).findIndex(
    (_, index) => found[index] !== expected[index],
  );
  return at < 0 ? [] : [`${where}: line ${at} is "${found[at]}", expected "${expected[at]}"`];
}
