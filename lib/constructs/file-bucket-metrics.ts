/** The name of the filter by which CloudWatch counts all requests to the bucket of files. */
export const ALL_REQUESTS = 'all';
