import { AppError, SendError } from '../domain/errors.ts';
import type { ConversationId, OfficerId } from '../domain/ids.ts';
import type { OutboundContent, Template } from '../domain/message.ts';
import type { AccountName, OpenAccounts } from '../ports/accounts.ts';
import type { ApprovedTemplate } from '../ports/channel.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { ActAnswer, Handoff } from './handoff.ts';

const listLimitMs = 8_000;

/** Officers' side of templates: what a number may send at any time, and sending one as an officer's reply. */
export function createTemplateDesk({
  accounts,
  repositories,
  handoff,
}: {
  accounts: Pick<OpenAccounts, 'of'>;
  repositories: Pick<Repositories, 'conversations'>;
  handoff: Pick<Handoff, 'act'>;
}) {
  /** @throws AppError 'not-found', 'token-refused', 'business-account-unknown' or 'platform-unavailable' */
  async function list(name: AccountName): Promise<readonly ApprovedTemplate[]> {
    const adapter = accounts.of(name);
    if (!adapter?.listTemplates) throw new AppError('not-found', 'This account has no templates, or is paused.');
    try {
      return await adapter.listTemplates(AbortSignal.timeout(listLimitMs));
    } catch (error) {
      if (error instanceof AppError && !(error instanceof SendError)) throw error;
      const isRefused = error instanceof SendError && error.failure.reason === 'token-refused';
      throw isRefused
        ? new AppError('token-refused', 'The platform does not let this token read the templates.')
        : new AppError('platform-unavailable', 'The platform gave no templates: try again soon.', { cause: error });
    }
  }

  return {
    list,
    /** Null when there is no such conversation. @throws as `list`, 'template-unknown', 'template-parameters' or 'template-unsendable' */
    async send(
      officerId: OfficerId,
      conversationId: ConversationId,
      { requestId, ...template }: Template & { readonly requestId: string },
    ): Promise<ActAnswer | null> {
      const conversation = await repositories.conversations.get(conversationId);
      if (!conversation || 'erased' in conversation) return null;
      const content = toContent(template, await list(conversation.address));
      return await handoff.act(conversationId, { type: 'officer-replied', officerId, content }, requestId);
    },
  };
}

export type TemplateDesk = ReturnType<typeof createTemplateDesk>;

/** What is sent, and what the transcript shows of it. */
function toContent(template: Template, approved: readonly ApprovedTemplate[]): OutboundContent {
  const { name, language, parameters } = template;
  const found = approved.find((one) => one.name === name && one.language === language);
  if (!found) {
    const languages = approved.filter((one) => one.name === name).map((one) => one.language);
    const others = languages.length === 0 ? '' : ` It is approved in ${languages.join(', ')}.`;
    throw new AppError('template-unknown', `No template "${name}" is approved in "${language}".${others}`);
  }
  if (!found.isSendable)
    throw new AppError(
      'template-unsendable',
      `Template "${name}" needs more than texts in numbered places: a file, a link, a code or named places.`,
    );
  if (parameters.length !== found.parameters)
    throw new AppError(
      'template-parameters',
      `Template "${name}" has ${found.parameters} places; ${parameters.length} texts were given for them.`,
    );
  const body = found.body.replace(/\{\{\s*(\d+)\s*\}\}/g, (_place, number) => parameters[Number(number) - 1] ?? '');
  return { type: 'text', text: [found.header, body, found.footer].filter(Boolean).join('\n\n'), template };
}
