#include "client/messages.h"

#include "client/messages_tables.h"

#include <string.h>

/* Of files. */
static const message_pair_t PAIRS[] = {
    /* ---- Any file */
    {"cannot be read: %s", "无法读取：%s"},
    {"No such file or directory", "没有这个文件"},
    {"Is a directory", "这是一个文件夹"},
    {"Permission denied", "没有读取权限"},
    {"is larger than %u MiB; split it", "超过 %u MiB；请拆分成几个文件"},
    {"is a workbook (or another ZIP file), no text; save it as CSV UTF-8",
     "是工作簿（或其他 ZIP 文件），不是文本；请另存为 CSV UTF-8"},
    {"is a workbook with a password; take the password off and save it as .xlsx again",
     "是有密码保护的工作簿；请取消密码后重新存为 .xlsx"},
    {"is an old Excel workbook (.xls) or another old Office file; save it as .xlsx or CSV UTF-8",
     "是旧版 Excel 工作簿（.xls）或其他旧版 Office 文件；请另存为 .xlsx 或 CSV UTF-8"},
    {"is UTF-16 without a byte order mark; save it as CSV UTF-8",
     "是没有字节顺序标记的 UTF-16 编码；请另存为 CSV UTF-8"},
    {"is %s; save the table itself as .xlsx or CSV UTF-8", "是%s；请把其中的表格另存为 .xlsx 或 CSV UTF-8"},
    {"a web page (HTML), as some systems export it under another name",
     "网页（HTML），有些系统以其他后缀名导出这种文件"},
    {"XML, no table of cells", "XML 文件，不是表格"},
    {"a PDF document", "PDF 文档"},
    {"a text document (RTF)", "文字文档（RTF）"},
    {"a picture", "图片"},
    {"a packed file", "压缩文件"},

    /* ---- CSV */
    {"the text is neither UTF-8 nor GB18030 from here on; save the file again as CSV UTF-8",
     "从这里起的文字既不是 UTF-8 也不是 GB18030 编码；请重新存为 CSV UTF-8"},
    {"the text is no %s, though the file is marked as such, from here on; save the file again as CSV UTF-8",
     "文件标明是 %s，但从这里起的文字不是；请重新存为 CSV UTF-8"},
    {"the line holds a control character (0x%02X); remove it", "这一行含有控制字符（0x%02X）；请删除"},
    {"the line holds several of comma, semicolon and tab; keep one as the separator, and put titles that hold another "
     "in quotes",
     "这一行里逗号、分号、制表符不止一种；请只用一种作分隔符，含有其他符号的标题请加双引号"},
    {"the line has more than %d cells; leave out what is over", "这一行超过 %d 个单元格；请删去多余的"},
    {"the line has %zu cells where the header has %zu; give it one for each column",
     "这一行有 %zu 个单元格，而标题行有 %zu 个；请与各列一一对应"},
    {"a quote stands where none may; put the whole cell in quotes and double those inside",
     "双引号的位置不对；请把整个单元格放进双引号，其中的双引号写成两个"},
    {"the quote that opens here is never closed; close it, or remove it", "从这里开始的双引号没有结束；请补上或删除"},
    {"the file is empty; it needs a header line", "文件是空的；需要有标题行"},

    /* ---- Workbooks */
    {"is a ZIP file and no workbook; unpack it, or save it as .xlsx or CSV UTF-8",
     "是 ZIP 压缩文件，不是工作簿；请先解压，或另存为 .xlsx 或 CSV UTF-8"},
    {"is an OpenDocument file (.ods); save it as .xlsx or CSV UTF-8",
     "是 OpenDocument 文件（.ods）；请另存为 .xlsx 或 CSV UTF-8"},
    {"is a binary workbook (.xlsb); save it as .xlsx or CSV UTF-8",
     "是二进制工作簿（.xlsb）；请另存为 .xlsx 或 CSV UTF-8"},
    {"is an Office file, but no workbook; save the table as .xlsx or CSV UTF-8",
     "是 Office 文件，但不是工作簿；请把表格另存为 .xlsx 或 CSV UTF-8"},
    {"the workbook is damaged (%s); open it in Excel or LibreOffice and save it again",
     "工作簿已损坏（%s）；请用 Excel 或 LibreOffice 打开后重新保存"},
    {"the workbook is damaged (its part %s is missing); open it in Excel or LibreOffice and save it again",
     "工作簿已损坏（缺少部件 %s）；请用 Excel 或 LibreOffice 打开后重新保存"},
    {"its ZIP archive", "ZIP 压缩包"},
    {"its XML", "XML 内容"},
    {"its relationships", "部件关系"},
    {"its list of sheets", "工作表清单"},
    {"its merged areas overlap", "合并单元格互相重叠"},
    {"a merged area", "合并单元格"},
    {"a sheet is none", "工作表内容"},
    {"a sheet's rows are not in order", "工作表的行序"},
    {"a cell stands in the wrong row", "单元格不在所属的行"},
    {"a cell stands twice", "单元格重复"},
    {"a shared text is missing", "缺少共享文本"},
    {"the workbook's part %s declares a document type, as no spreadsheet saves it; make the file anew",
     "工作簿的部件 %s 带有文档类型声明，电子表格软件不会这样保存；请重新制作该文件"},
    {"the workbook's part %s is nested more than %d deep, as no spreadsheet saves it; make the file anew",
     "工作簿的部件 %s 嵌套超过 %d 层，电子表格软件不会这样保存；请重新制作该文件"},
    {"the workbook unpacks to more than %u MiB; leave out sheets that hold no facts",
     "工作簿解压后超过 %u MiB；请删去不含数据的工作表"},
    {"the workbook has more than %d sheets; split it", "工作簿超过 %d 张工作表；请拆分"},
    {"the workbook has more than %d parts; copy the table into a new workbook",
     "工作簿超过 %d 个部件；请把表格复制到新工作簿"},
    {"the workbook has more than %d cell styles or number formats; copy the table into a new workbook",
     "工作簿的单元格样式或数字格式超过 %d 种；请把表格复制到新工作簿"},
    {"the workbook has more than %d different texts; split it", "工作簿的不同文本超过 %d 条；请拆分"},
    {"the workbook has more than %d cells with something in them; split it", "工作簿的非空单元格超过 %d 个；请拆分"},
    {"the sheet has more than %d rows; leave out those that hold no facts", "工作表超过 %d 行；请删去不含数据的行"},
    {"the sheet has more than %d merged areas; split them", "工作表的合并单元格超过 %d 处；请取消合并"},
    {"the workbook has no visible sheet with anything in it; fill one in, or show it",
     "工作簿里没有可见且有内容的工作表；请填写，或取消隐藏"},
    {"the sheet '%s' is hidden and left out", "工作表“%s”已隐藏，略过"},
    {"the line is hidden and read like the others", "这一行已隐藏，照样读取"},
    {"the column is hidden and read like the others", "这一列已隐藏，照样读取"},

    /* ---- Headers */
    {"this line is no header: it holds neither a column 'period' nor months as heads (1月, Jan, 2025-01); correct it "
     "(a line above the header may hold one cell only), or hide a sheet that holds no facts",
     "这一行不是标题行：既没有“月份”（period）列，也没有以月份作列标题（1月、Jan、2025-01）；请改正（标题行上方的行只能"
     "有一个单元格），不含数据的工作表请隐藏"},
    {"there is no header: no line holds a column 'period' or months as heads (1月, Jan, 2025-01); add it, or hide a "
     "sheet that holds no facts",
     "没有标题行：没有任何一行含有“月份”（period）列或以月份作列标题（1月、Jan、2025-01）；请补上，不含数据的工作表请隐"
     "藏"},
    {"holds a header and no line below it; add a line for each month", "只有标题行，下面没有数据；请每个月写一行"},
    {"there is no column 'period'; add it, with each line's month as YYYY-MM",
     "没有“月份”（period）列；请加上，每行写明月份，如 2025-06"},
    {"there is no column 'dealer'; add it, with each line's dealer code",
     "没有“经销商”（dealer）列；请加上，每行写明经销商代码"},
    {"there is no column 'dealer'; add it, for this key holds several stores",
     "没有“经销商”（dealer）列；本机负责多家门店，请加上这一列，写明每行是哪家门店"},
    {"there is no column 'consultant'; add it, with each line's consultant",
     "没有“销售顾问”（consultant）列；请加上，每行写明销售顾问"},
    {"no column is a fact of the catalog; add at least one", "没有一列是填报项；请至少加一列"},
    {"column '%s' is neither a fact of the catalog nor its title; correct it or leave the column out",
     "列“%s”不是填报项（代码和名称都对不上）；请改正或删去该列"},
    {"column '%s' (%s) is computed from the facts; leave the column out", "列“%s”（%s）由填报项计算得出；请删去该列"},
    {"column '%s' is in a multiple of the unit of %s (%s); write the figures and the title in that unit",
     "列“%s”的单位不对：%s 以 %s 为单位；请换算成该单位，并改正列标题"},
    {"column '%s' stands already as column %zu; keep one", "列“%s”与第 %zu 列重复；请只留一列"},
    {"'%s' stands in a column without a title; give it one or empty it", "“%s”所在的列没有标题；请加标题或清空"},
    {"the head '%s' is neither a month nor a total; correct it or leave the column out",
     "列标题“%s”既不是月份也不是合计；请改正或删去该列"},
    {"the head '%s' is the same month as column %zu; keep one", "列标题“%s”与第 %zu 列是同一个月；请只留一列"},
    {"the head '%s' stands behind '%s'; put the months in order", "列标题“%s”排在“%s”之后；请按月份顺序排列"},
    {"the head '%s' before February is read as January", "二月之前的列标题“%s”按一月读取"},
    {"'%s' stands in a column without a head; give it one or empty it", "“%s”所在的列没有列标题；请加上或清空"},

    {"'%s' says that figures are in a multiple of the unit; write the figures in the unit itself, and correct this",
     "“%s”表示数字的单位是倍数；请按原单位填写数字，并改正这一说明"},
    {"'%s' is of another year than the file's name, which says %d; correct the one or the other, or give --year",
     "“%s”与文件名里的 %d 年不是同一年；请改正其中之一，或用 --year 指定"},
    {"%s is filled and lies behind %s, which the file's name holds; put the year of the figures into the name (as in "
     "KPI-2025), or give --year",
     "%s 已填写，但晚于文件名里的 %s；请把数据所属的年份写进文件名（如 KPI-2025），或用 --year 指定"},

    /* ---- Months */
    {"%s'%s' is no month; write it as YYYY-MM, 2025-06 for June 2025", "%s“%s”不是月份；请写成 2025-06 的形式"},
    {"%s'%s' can be %s or %s; write the one that is meant in that form",
     "%s“%s”可以理解为 %s，也可以理解为 %s；请按此形式写明"},
    {"%s'%s' can be %s or day %d of month %d; write %d%02d where that month is meant, in Excel into cells of the "
     "format "
     "Text",
     "%1$s“%2$s”可以理解为 %3$s，也可以理解为 %5$d 月 %4$d 日；如指该月，请写 %6$d%7$02d（在 Excel "
     "中请先把单元格设为“文本”格式）"},
    {"%s'%s' must have its year first and in four digits; write it as %s", "%s“%s”须先写年份，且用四位数；请写成 %s"},
    {"%s'%s' is a date that Excel shows as a number; let Excel show it as a date, or write the month as YYYY-MM, "
     "2025-06 for June 2025",
     "%s“%s”是 Excel 显示成数字的日期；请把单元格设为日期格式，或写成 2025-06 的形式"},
    {"%s'%s' names no year, and neither does the file's name; put the year into the name (as in KPI-2025), or give "
     "--year",
     "%s“%s”没有写年份，文件名里也没有；请把年份写进文件名（如 KPI-2025），或用 --year 指定"},
    {"%s'%s' names no year, and the file's name holds both %d and %d; leave one of them in the name, or give --year",
     "%s“%s”没有写年份，而文件名里同时有 %d 和 %d；文件名里请只留一个，或用 --year 指定"},
    {"%s'%s' is of another year than --year %d; correct the one or the other",
     "%s“%s”与 --year %d 不是同一年；请改正其中之一"},

    /* ---- Lines and rows */
    {"%s: the code is missing; write it", "%s: 没有填代码；请填写"},
    {"%s: '%s' is no code; a code has 1 to %d bytes, without commas, colons, quotes or blanks at its ends",
     "%s: “%s”不是代码；代码长 1 至 %d 字节，不含逗号、冒号、引号，首尾没有空格"},
    {"%s: '%s' is no store of this key; correct it or leave the line out",
     "%s: “%s”不是本机负责的门店；请改正或删去该行"},
    {"the line holds no fact; fill it in (0 where nothing happened) or leave it out",
     "这一行没有任何填报数据；请填写（没有发生的填 0）或删去"},
    {"row '%s' is neither a fact of the catalog nor its title, nor computed from them; correct it or leave the row out",
     "行“%s”既不是填报项，也不是由其计算的指标；请改正或删去该行"},
    {"row '%s' is in a multiple of the unit of %s (%s); write the figures and the title in that unit",
     "行“%s”的单位不对：%s 以 %s 为单位；请换算成该单位，并改正行标题"},
    {"row '%s' stands already in %s:%u; keep one of the two", "行“%s”在 %s:%u 已经出现；请只留一行"},
    {"'%s' stands in a row without a title; give it one or empty it", "“%s”所在的行没有标题；请加标题或清空"},
    {"%s in %s stands already in %s:%u; keep one of the two", "%s %s 的数据在 %s:%u 已经出现；请只留一处"},
    {"%s, consultant %s in %s stands already in %s:%u; keep one of the two",
     "%s 销售顾问 %s %s 的数据在 %s:%u 已经出现；请只留一处"},
    {"%s in %s has lines of consultants and no line of its own; add that to the facts file",
     "%s %s 只有销售顾问的数据，没有门店自己的数据；请在数据文件中补上"},
    {"%s has %zu consultants in one month, and at most %d are allowed",
     "%s 一个月有 %zu 名销售顾问，最多允许 %d 名；请核对"},
    {"%s %s: %s (%s)", "%s %s：%s（%s）"},
    {"%s %s: %s", "%s %s：%s"},
    {"%s %s has not begun by this machine's clock, which says %s; correct the month, or the clock",
     "%s %s 还没有开始（本机时钟显示现在是 %s）；请改正月份或本机时钟"},
    {"with all its consultants and the hub's receipt it takes more than the 262144 bytes that the hub accepts of one "
     "month; leave out facts of consultants, or consultants",
     "连同全部销售顾问和总部的回执超过总部每月接受的 262144 字节；请减少销售顾问的指标或人数"},

    /* ---- Figures */
    {"%s: '%s' %s; correct it, or empty it where the figure is unknown", "%s: “%s”%s；请改正，数字未知时请清空"},
    {"%s: the file holds the formula '%s' without its result; open it in Excel or LibreOffice and save it",
     "%s: 文件里只有公式“%s”，没有计算结果；请用 Excel 或 LibreOffice 打开后保存"},
    {"%s: '%s' stands in a merged cell, of which nobody can say what it belongs to; split the cell",
     "%s: “%s”在合并单元格里，无法确定属于哪一格；请取消合并"},
    {"%s: '%s' %s; the cell may show fewer digits than it holds: round the figure itself (in a formula with ROUND)",
     "%s: “%s”%s；单元格显示的位数可能少于实际保存的位数：请对数字本身四舍五入（公式里用 ROUND）"},
    {"is no number", "不是数字"},
    {"may not be negative", "不能为负数"},
    {"is too large", "数值过大"},
    {"must be a whole number", "必须是整数"},
    {"has more than 1 decimal", "超过 1 位小数"},
    {"has more than 2 decimals", "超过 2 位小数"},
    {"has more than 3 decimals", "超过 3 位小数"},
    {"has more than 4 decimals", "超过 4 位小数"},
    {"has more than 5 decimals", "超过 5 位小数"},
    {"has more than 6 decimals", "超过 6 位小数"},

    /* ---- The manual's sheet */
    {"the months stand side by side, as in the manual's sheet, which names no consultant; write one line for each "
     "consultant and month, with the columns 'period' and 'consultant'",
     "各月并排，是手册的表格，其中没有销售顾问；请每名销售顾问每月写一行，并有“月份”（period）和“销售顾问”（consultant"
     "）"
     "两列"},
    {"the sheet names no store, and this key holds %zu; put the code of one of them into the file's name (as in "
     "%s-2025), or write one line a month with a column 'dealer'",
     "表格没有写明门店，而本机负责 %zu 家；请把其中一家的代码写进文件名（如 "
     "%s-2025），或每月写一行并有“经销商”（dealer"
     "）列"},
    {"the file's name says store %s, and this key files for %s; rename the file where that is wrong, or name the store "
     "with --dealer",
     "文件名写的门店是 %s，而本机负责的是 %s；如果文件名写错了，请改文件名，或用 --dealer 指定门店"},
    {"the sheet names no store; write one line a month with a column 'dealer'",
     "表格没有写明门店；请每月写一行，并有“经销商”（dealer）列"},
    {"%s is not filled and left out: it holds no figure", "%s 未填写，略过：没有任何数字"},
    {"%s is not filled and left out: its figures are all 0 or blank (zeros are sent as one line a month, or with "
     "--zeros)",
     "%s 未填写，略过：数字全为 0 或空白（确实为 0 的，请改用每月一行的表格填报，或用 submit --zeros）"},
    {"no month is filled: the figures are all 0 or blank; fill one in, or send zeros as one line a month, or with "
     "--zeros",
     "没有一个月填写了数字：全为 0 或空白；请填写；确实为 0 的，请改用每月一行的表格填报，或用 submit --zeros"},
    {NULL, NULL},
};

static const char *find(const message_pair_t *pairs, const char *english)
{
    for (; pairs->english; pairs++)
        if (strcmp(pairs->english, english) == 0)
            return pairs->chinese;
    return NULL;
}

const char *messages_zh(const char *format)
{
    const char *found = find(PAIRS, format);
    if (!found)
        found = find(messages_agent, format);
    return found ? found : format;
}
