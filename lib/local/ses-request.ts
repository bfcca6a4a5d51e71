import * as z from 'zod';

const Content = z.object({ Data: z.string(), Charset: z.literal('UTF-8') });

/** The subset of `SendEmail` that the service uses. */
const SendEmail = z.strictObject({
  FromEmailAddress: z.email(),
  Destination: z.strictObject({ ToAddresses: z.tuple([z.email()]) }),
  Content: z.strictObject({
    Simple: z.strictObject({
      Subject: Content,
      Body: z.strictObject({ Text: Content, Html: Content }),
    }),
  }),
  ConfigurationSetName: z.string().min(1),
});

/** Parses the body of a `SendEmail`. @returns the request, or a sentence about what is wrong with it */
export const readSendEmail = (
  input: unknown,
): { readonly request: z.infer<typeof SendEmail> } | { readonly wrong: string } => {
  const parsed = SendEmail.safeParse(input);
  return parsed.success ? { request: parsed.data } : { wrong: z.prettifyError(parsed.error) };
};
