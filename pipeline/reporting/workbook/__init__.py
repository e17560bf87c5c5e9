"""The workbook that finance signs, by XlsxWriter: live, readable on paper, same bytes each time."""
