/** An answer of the Graph API that is not ok (developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes). */
export class GraphError extends Error {
  readonly status: number;
  readonly code: number;
  readonly details: string | undefined;
  readonly subcode: number | undefined;
  constructor(status: number, code: number, message: string, more: { details?: string; subcode?: number } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = more.details;
    this.subcode = more.subcode;
  }

  get body(): object {
    return {
      error: {
        message: this.message,
        type: 'OAuthException',
        code: this.code,
        ...(this.subcode !== undefined && { error_subcode: this.subcode }),
        ...(this.details !== undefined && {
          error_data: { messaging_product: 'whatsapp', details: this.details },
        }),
        fbtrace_id: 'AtraceOfThisCall',
      },
    };
  }
}

export function invalid(details: string): GraphError {
  return new GraphError(400, 131009, '(#131009) Parameter value is not valid', { details });
}

export function missing(parameter: string): GraphError {
  return new GraphError(400, 100, `(#100) The parameter ${parameter} is required.`);
}

export function noSuchObject(id: string): GraphError {
  const message = `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`;
  return new GraphError(400, 100, message, { subcode: 33 });
}
