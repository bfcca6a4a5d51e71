/** The name of the metrics filter with which CloudWatch counts all requests to the bucket of files. */
export const ALL_REQUESTS = 'all';
