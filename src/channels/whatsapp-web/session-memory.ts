import { z } from 'zod';
import type { Json } from '../../domain/effect.ts';

/** Where a few values of the session are kept between starts, by name. */
export interface Memory {
  get(name: string): Promise<Json | null>;
  set(name: string, value: Json): Promise<void>;
}

const knownSchema = z.object({
  /** The charity's own number that is linked; null before the first link and after a logout. */
  phone: z.string().nullable(),
  isPaired: z.boolean(),
  isBanned: z.boolean(),
  /** Every message that WhatsApp took before this time is stored, in milliseconds since the epoch. Null for a number linked now. */
  storedUntil: z.number().nullable(),
});

type Known = z.infer<typeof knownSchema>;

/** What a session knows from its earlier starts. */
export interface SessionMemory {
  known(): Known;
  /** Keeps whether a phone is linked and whether the number is blocked. */
  remember(change: Pick<Known, 'isPaired' | 'isBanned'>): Promise<void>;
  /** A phone is ready; another number than before begins anew. */
  linkedTo(phone: string): Promise<void>;
  /**
   * A reading of every chat that began at this time is complete. What is remembered is the start of the one before: a message
   * that the phone handed over late, in between, is then found by the next reading also after a crash.
   */
  caughtUp(startedAt: number): Promise<void>;
}

export async function openSessionMemory(memory: Memory, account: string): Promise<SessionMemory> {
  const name = `whatsapp-web/${account}`;
  const parsed = knownSchema.safeParse(await memory.get(name));
  let known: Known = parsed.success
    ? parsed.data
    : { phone: null, isPaired: false, isBanned: false, storedUntil: null };
  let lastStartedAt: number | null = null;

  async function keep(change: Partial<Known>): Promise<void> {
    known = { ...known, ...change };
    await memory.set(name, known);
  }

  return {
    known: () => known,
    remember: (change) => keep(change),
    async linkedTo(phone) {
      if (known.phone === phone) return;
      lastStartedAt = null;
      await keep({ phone, storedUntil: null });
    },
    async caughtUp(startedAt) {
      const storedUntil = known.storedUntil === null ? startedAt : (lastStartedAt ?? known.storedUntil);
      lastStartedAt = startedAt;
      if (storedUntil !== known.storedUntil) await keep({ storedUntil });
    },
  };
}
