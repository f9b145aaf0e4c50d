import type { ConversationId, EventId } from '../domain/ids.ts';
import type { Address } from '../domain/message.ts';
import type { FaqRepository, FlowRepository, LearningRepository } from './content-repositories.ts';
import type {
  ConversationRepository,
  EventRepository,
  FollowUpRepository,
  TimerRepository,
} from './conversation-repositories.ts';
import type { AccountRepository, LeaseRepository, SettingsRepository } from './installation-repositories.ts';
import type { FileRepository, MessageRepository, ReceiptRepository } from './message-repositories.ts';
import type { AuditRepository, CaseRepository, LinkRepository, PersonRepository } from './person-repositories.ts';

/** Derives ids that tell nothing of what they stand for (keyed hashes under SECRET_KEY). Pure and synchronous. */
export interface IdDerivation {
  conversation(address: Address): ConversationId;
  /** From what makes the event unique: `address`, platform message id, kind and edit time for a message; a cause's id otherwise. */
  event(parts: readonly (string | number)[]): EventId;
  /** A number from 0 to 2^48 that depends on the parts only; references are made from it. */
  number(parts: readonly (string | number)[]): number;
}

/** All of them, as `openRepositories` makes them over one `Store`. */
export interface Repositories {
  readonly ids: IdDerivation;
  readonly events: EventRepository;
  readonly conversations: ConversationRepository;
  readonly followUps: FollowUpRepository;
  readonly messages: MessageRepository;
  readonly receipts: ReceiptRepository;
  readonly timers: TimerRepository;
  readonly cases: CaseRepository;
  readonly learning: LearningRepository;
  readonly leases: LeaseRepository;
  readonly settings: SettingsRepository;
  readonly flows: FlowRepository;
  readonly faq: FaqRepository;
  readonly people: PersonRepository;
  readonly accounts: AccountRepository;
  readonly links: LinkRepository;
  readonly audit: AuditRepository;
  /** Sealed files: what is put is encrypted with the conversation's person's key before it reaches the `Blobs` port. */
  readonly files: FileRepository;
}
