import { throttled } from './bot-api-error.ts';

/** What Telegram allows one bot to send (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). */
export interface SendingLimits {
  readonly perChatPerSecond: number;
  /** Messages a chat may get at once before the pace counts. */
  readonly perChatBurst: number;
  readonly overallPerSecond: number;
  readonly groupPerMinute: number;
}

/** Counts all sends in a sliding second, a group's in a sliding minute, and each chat's in a bucket that fills at its pace. */
export class SendingMeter {
  #sends = new Map<string, number[]>();
  #chats = new Map<number, { left: number; at: number }>();

  /** Counts one send to a chat. @throws BotApiError 429 when a limit is reached; then nothing is counted. */
  count(limits: SendingLimits, chatId: number, now: number): void {
    const { perChatPerSecond, perChatBurst } = limits;
    const known = this.#chats.get(chatId) ?? { left: perChatBurst, at: now };
    const left = Math.min(perChatBurst, known.left + ((now - known.at) / 1000) * perChatPerSecond);
    if (left < 1) throw throttled(Math.max(1, Math.ceil((1 - left) / perChatPerSecond)));
    const windows: [key: string, most: number, windowMs: number][] = [['all', limits.overallPerSecond, 1000]];
    if (chatId < 0) windows.push([`group ${chatId}`, limits.groupPerMinute, 60_000]);
    const kept = windows.map(([key, most, windowMs]): [string, number[]] => {
      const recent = (this.#sends.get(key) ?? []).filter((at) => at > now - windowMs);
      const [oldest] = recent;
      if (oldest !== undefined && recent.length >= most) {
        throw throttled(Math.max(1, Math.ceil((oldest + windowMs - now) / 1000)));
      }
      return [key, [...recent, now]];
    });
    for (const [key, sends] of kept) this.#sends.set(key, sends);
    this.#chats.set(chatId, { left: left - 1, at: now });
  }
}
