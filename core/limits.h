/* Everything that a person or a peer can make grow, and how far. Each is tested at the cap and one past it, but
 * for RESPONSE_SIZE_MAX, which would take a 256 MiB answer. */
#pragma once

#define CODE_LENGTH_MAX         64   /* bytes of a dealer's, region's, circle's, consultant's or row's code */
#define NAME_LENGTH_MAX         200  /* bytes of a name in the network files */
#define TITLE_CHARACTERS_MAX    60   /* of a row, table or check, in each language */
#define TEXT_LENGTH_MAX         1000 /* bytes of a reason or comment */

#define CATALOG_SIZE_MAX        200000 /* bytes of a catalog's YAML */
#define CATALOG_FACTS_MAX       256
#define CATALOG_ROWS_MAX        512 /* facts and KPIs together */
#define CATALOG_TABLES_MAX      32
#define CATALOG_CHECKS_MAX      256
#define FORMULA_LENGTH_MAX      1000 /* bytes as written */
#define FORMULA_DEPTH_MAX       64   /* nesting of parentheses and unary signs, and of KPIs inside KPIs */
#define FORMULA_NODES_MAX       4096 /* operations after KPIs are put in */
#define FACT_DECIMALS_MAX       6
#define FACT_VALUE_MAX          INT64_C(1000000000000000) /* 10^15 of the smallest unit (SPEC 1) */

#define NETWORK_REGIONS_MAX     10000
#define NETWORK_DEPTH_MAX       16
#define NETWORK_DEALERS_MAX     1000000
#define NETWORK_CIRCLES_MAX     10000
#define NETWORK_MEMBERSHIPS_MAX 4000000 /* region memberships; circle memberships likewise */
#define NETWORK_CHANGES_MAX     100000  /* listed of what an import changes; the rest are counted */

#define RECEIPT_GROUP_MAX       65536  /* receipts under one signature: the most that one commit takes */
#define CONSULTANTS_MAX         500    /* of one submission */
#define KEY_DEALERS_MAX         200    /* stores of one key */
#define SCOPES_MAX              1000   /* named in one request */
#define TOKENS_MAX              1000   /* enrolment tokens of one request or answer */
#define TOKEN_DAYS_MAX          366    /* how long a token may be good */
#define GRANTS_MAX              100000 /* exceptions for closed months that are open at a time */
#define GRANT_DAYS_MAX          366    /* how long one may last */
#define DRIFT_CELLS_MAX         10000  /* listed of what a month's figures drifted; the rest are counted */
#define PEERS_MAX               16     /* named in one comparison */
#define SUBJECT_LENGTH_MAX      95     /* bytes of what an entry of the log is about */
#define EVENTS_MAX              2000   /* entries of the log and revisions of one answer */
#define HISTORY_REVISIONS_MAX   1000   /* of a month's history: the newest */
#define COMMENTS_LISTED_MAX     1000   /* of a month's history: the oldest */
#define EVENTS_SCANNED_MAX      20000 /* entries and revisions that one request lists or verifies; the rest is asked for */
#define FAULTS_MAX              1000 /* kept of one input; the rest are counted */
#define RELEASES_MAX            8    /* of one month */
#define RELEASE_PEELS_MAX       16   /* owners of one part whose changes wait alone while the rest is tried again */

#define FINDINGS_MAX            10000 /* of one answer to `checks`; the others are counted */
#define COMMENTS_MAX            100   /* of one dealer's month, over all revisions */

#define INBOX_FILES_MAX         256 /* of an inbox that are looked after at a time; the others have their turn later */

#define REQUEST_SIZE_MAX        262144    /* bytes of a request frame */
#define REQUEST_MEMORY_MAX      4194304   /* bytes that decoding one request may allocate */
#define RESPONSE_SIZE_MAX       268435456 /* bytes of a response frame that a client accepts */
#define UPLOAD_SIZE_MAX         268435456 /* bytes of a network import over all its parts */

/* The enrolment endpoint, where anybody may knock. */
#define ENROLL_SIZE_MAX         512   /* bytes of a message */
#define ENROLL_CONNECTIONS_MAX  64    /* held at a time */
#define ENROLL_OF_ADDRESS_MAX   16    /* of these from one address */
#define ENROLL_SECONDS_MAX      10    /* that a connection may last */
#define ENROLL_MESSAGES_MAX     16    /* on one connection */
#define ENROLL_BYTES_MAX        32768 /* on one connection, handshake included */
#define ENROLL_ADDRESSES_MAX    1024  /* whose handshakes are counted */

/* Results that an agent writes for people. */
#define RESULTS_MONTHS_MAX      10000    /* months of stores that one `results` writes */
#define RESULTS_RECENT_MONTHS   13       /* of each store, asked for each time: a year, and its month of last year */
#define RESULTS_MEMORY_MAX      67108864 /* bytes of one workbook's cells */
#define RESULTS_FILE_MAX        16777216 /* bytes of one results file */

/* Files that people bring. */
#define INPUT_SIZE_MAX          (64u << 20) /* bytes of a file that a person brings */
#define CSV_COLUMNS_MAX         1000        /* cells of one record, in a workbook too */

#define XLSX_UNPACKED_MAX       (256u << 20) /* bytes of all parts that are read, unpacked */
#define XLSX_SHEETS_MAX         256          /* of a workbook, hidden ones too */
#define XLSX_ROWS_MAX           1048576      /* number of a sheet's last row: Excel's own limit */
#define XLSX_CELLS_MAX          1000000      /* cells that hold something, in all sheets */
#define XLSX_STRINGS_MAX        1000000      /* shared strings */
#define XLSX_STYLES_MAX         65536        /* cell styles */
#define XLSX_FORMATS_MAX        4096         /* number formats of its own */
#define XLSX_RELATIONS_MAX      4096         /* parts that it names */
#define XLSX_MERGES_MAX         100000       /* merged areas of a sheet */
#define XLSX_MERGED_ROWS_MAX    8388608      /* rows that they cover, each counted with each that covers it */
#define XLSX_TOKEN_MAX          (1u << 20)   /* bytes of one tag or comment, rounded up to a piece of reading */
#define XLSX_DEPTH_MAX          64           /* nesting of XML elements */
#define XLSX_TEXT_MAX           1000 /* bytes of a cell's text that are kept: no title, code or figure is longer */
