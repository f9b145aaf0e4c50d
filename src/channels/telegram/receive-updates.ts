import type { Api } from 'grammy';
import type { Clock } from '../../ports/clock.ts';
import type { Intake } from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import { toApiSignal } from './api-signal.ts';
import { decodeUpdate, type DecodedUpdate } from './decode.ts';

/** What a group is told before the bot leaves it; the link to the bot follows. Both languages, since a group has none. */
const groupFarewell = [
  'السلام عليكم ورحمة الله وبركاته. أخدم كل شخص في محادثة خاصة به حفاظًا على خصوصيته، ولذلك أغادر هذه المجموعة. يسعدني أن تراسلوني هنا:',
  'Hello. To keep what people tell us private I only talk to each person alone, so I am leaving this group. You are welcome to write to me here:',
].join('\n\n');

/** Courtesies under way at most; more are left out. */
const courtesyLimit = 200;

export interface Receiver {
  /** Stores what the updates hold, in their order, by one call of the intake; rejects as the intake does. Courtesies follow on their own. */
  receive(updates: readonly unknown[], intake: Intake): Promise<readonly DecodedUpdate[]>;
  /** Gives up the courtesies under way. */
  stop(): Promise<void>;
}

/** The way in, shared by polling and webhook: decode, store, and only then answer taps and take leave of groups. */
export function createReceiver(options: { api: Api; account: string; clock: Clock; log: Log }): Receiver {
  const { api, account, clock, log } = options;
  const underWay = new Set<Promise<void>>();
  const groupsBeingLeft = new Set<number>();
  let stopping = new AbortController();

  /** Best effort: nothing is lost when it fails, and a failure may be a tap that is too old. */
  function attempt(courtesy: () => Promise<unknown>): void {
    if (underWay.size >= courtesyLimit) return;
    const running = courtesy()
      .then(
        () => {},
        () => log.debug({ channel: 'telegram', account }, 'a tap or a group could not be answered'),
      )
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }

  async function leaveGroup(chatId: number): Promise<void> {
    const signal = toApiSignal(stopping.signal);
    try {
      const { username } = await api.raw.getMe(signal);
      const text = `${groupFarewell}\nhttps://t.me/${username}`;
      await api.raw.sendMessage({ chat_id: chatId, text, link_preview_options: { is_disabled: true } }, signal);
    } finally {
      // A group may forbid writing; leaving works all the same. Once out, no more of its updates come.
      await api.raw.leaveChat({ chat_id: chatId }, signal).finally(() => groupsBeingLeft.delete(chatId));
    }
  }

  return {
    async receive(updates, intake) {
      const receivedAt = clock.now();
      const decoded = updates.map((update) => decodeUpdate(update, { account, receivedAt }));
      const messages = decoded.flatMap((update) => (update.is === 'message' ? [update.message] : []));
      if (messages.length > 0) await intake.accept(messages);
      for (const update of decoded) {
        const tapId = 'tapId' in update ? update.tapId : undefined;
        if (tapId !== undefined) {
          attempt(() => api.raw.answerCallbackQuery({ callback_query_id: tapId }, toApiSignal(stopping.signal)));
        }
        if (update.is === 'group' && !groupsBeingLeft.has(update.chatId)) {
          groupsBeingLeft.add(update.chatId);
          attempt(() => leaveGroup(update.chatId));
        }
      }
      return decoded;
    },
    async stop() {
      stopping.abort();
      await Promise.all(underWay);
      stopping = new AbortController();
    },
  };
}
