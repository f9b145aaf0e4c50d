import { throttled } from './bot-api-error.ts';

/** What Telegram allows one bot to send (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). */
export interface SendingLimits {
  readonly perChatPerSecond: number;
  /** Messages a chat may get at once before the pace counts. */
  readonly perChatBurst: number;
  readonly overallPerSecond: number;
  readonly groupPerMinute: number;
}

/** Counts sends in sliding windows. */
export class SendingMeter {
  #sends = new Map<string, number[]>();

  /** Counts one send to a chat. @throws BotApiError 429 when a limit is reached; then nothing is counted. */
  count(limits: SendingLimits, chatId: number): void {
    const now = Date.now();
    const windows: [key: string, most: number, windowMs: number][] = [
      ['all', limits.overallPerSecond, 1000],
      [`chat ${chatId}`, limits.perChatBurst, (1000 * limits.perChatBurst) / limits.perChatPerSecond],
    ];
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
  }
}
